/*
 * Preloaded into pcscd: it looks at a reader without an interrupt every 400 ms, a constant of its
 * build (PCSCLITE_STATUS_POLL_RATE). A thousand taps would take a quarter of an hour.
 */
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>

static const long poll_ns = 400000000L, fast_ns = 20000000L;

int nanosleep(const struct timespec *wanted, struct timespec *left) {
  int (*next)(const struct timespec *, struct timespec *);
  struct timespec time = *wanted;
  *(void **)&next = dlsym(RTLD_NEXT, "nanosleep");
  if (time.tv_sec == 0 && time.tv_nsec == poll_ns) time.tv_nsec = fast_ns;
  return next(&time, left);
}

/* pcscd uses one or the other, as it was built. */
int usleep(unsigned microseconds) {
  struct timespec time = {microseconds / 1000000, microseconds % 1000000 * 1000L};
  return nanosleep(&time, NULL);
}

/* vpcd writes the length and the command apart: each would wait for the card's delayed ACK, 40 ms. */
int accept(int listening, struct sockaddr *address, socklen_t *length) {
  int (*next)(int, struct sockaddr *, socklen_t *), on = 1;
  *(void **)&next = dlsym(RTLD_NEXT, "accept");
  int connection = next(listening, address, length);
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return connection;
}
