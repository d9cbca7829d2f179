/*
 * A USB reader for pcscd that can be plugged in and pulled out. pcscd knows USB devices from libudev
 * and loads the driver of those it has one for; this library stands before both:
 *   preloaded, it is a libudev whose only device comes and goes as a pipe says;
 *   loaded in place of the reader's driver, it is vsmartcard's vpcd, which it is linked against.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ifdhandler.h>

/* An ACS ACR122U, which the stock driver for USB readers lists. */
static const char vendor[] = "072f", product[] = "2200";
static const char stock_driver[] = "libccid.so";

/* libudev's objects are opaque, and there is one of each kind. */
static char thing;
static int monitor_fd = -1;
static const char *action;

void *udev_new(void) { return &thing; }
void *udev_unref(void *udev) { return NULL; }

/* No device at the start: it is plugged in like any other, later. */
void *udev_enumerate_new(void *udev) { return &thing; }
int udev_enumerate_add_match_subsystem(void *all, const char *subsystem) { return 0; }
int udev_enumerate_scan_devices(void *all) { return 0; }
void *udev_enumerate_get_list_entry(void *all) { return NULL; }
void *udev_enumerate_unref(void *all) { return NULL; }

void *udev_monitor_new_from_netlink(void *udev, const char *name) { return &thing; }
int udev_monitor_filter_add_match_subsystem_devtype(void *monitor, const char *s, const char *t) {
  return 0;
}
int udev_monitor_enable_receiving(void *monitor) {
  const char *pipe = getenv("YIZHAN_USB_EVENTS");
  /* Open for writing too, or the end of one writer would be the end of the pipe. */
  monitor_fd = pipe == NULL ? -1 : open(pipe, O_RDWR | O_CLOEXEC);
  return monitor_fd < 0 ? -1 : 0;
}
int udev_monitor_get_fd(void *monitor) { return monitor_fd; }
void *udev_monitor_unref(void *monitor) { return NULL; }
void *udev_monitor_receive_device(void *monitor) {
  char sign;
  if (read(monitor_fd, &sign, 1) != 1) return NULL;
  action = sign == '+' ? "add" : "remove";
  return &thing;
}

const char *udev_device_get_action(void *device) { return action; }
const char *udev_device_get_sysname(void *device) { return "1-1:1.0"; }
const char *udev_device_get_devnode(void *device) { return "/dev/bus/usb/001/002"; }
void *udev_device_get_parent_with_subsystem_devtype(void *d, const char *s, const char *t) {
  return d;
}
const char *udev_device_get_property_value(void *device, const char *key) { return NULL; }
const char *udev_device_get_sysattr_value(void *device, const char *name) {
  if (strcmp(name, "idVendor") == 0) return vendor;
  return strcmp(name, "idProduct") == 0 ? product : NULL;
}
void *udev_device_unref(void *device) { return NULL; }

void *dlopen(const char *file, int flags) {
  void *(*next)(const char *, int);
  Dl_info self;
  *(void **)&next = dlsym(RTLD_NEXT, "dlopen");
  if (file != NULL && strstr(file, stock_driver) != NULL && dladdr(&thing, &self) != 0)
    file = self.dli_fname;
  return next(file, flags);
}

/* vpcd has two slots; most USB readers have one, those with a place for a SIM-sized card have two. */
RESPONSECODE IFDHGetCapabilities(DWORD lun, DWORD tag, PDWORD length, PUCHAR value) {
  RESPONSECODE (*next)(DWORD, DWORD, PDWORD, PUCHAR);
  const char *slots = getenv("YIZHAN_USB_SLOTS");
  if (tag == TAG_IFD_SLOTS_NUMBER && slots != NULL && *length >= 1) {
    *length = 1;
    *value = (UCHAR)strtoul(slots, NULL, 10);
    return IFD_SUCCESS;
  }
  *(void **)&next = dlsym(RTLD_NEXT, "IFDHGetCapabilities");
  return next == NULL ? IFD_ERROR_TAG : next(lun, tag, length, value);
}

/* vpcd looks for its port in the name of the device, where a USB device has none. */
RESPONSECODE IFDHCreateChannelByName(DWORD lun, LPSTR name) {
  const char *port = getenv("YIZHAN_VPCD_PORT");
  return port == NULL ? IFD_COMMUNICATION_ERROR : IFDHCreateChannel(lun, strtoul(port, NULL, 10));
}
