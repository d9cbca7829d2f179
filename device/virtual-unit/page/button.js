/** The red button under the hands: mouse, finger or keyboard, held for as long as they hold it. */

const keys = [' ', 'Enter'];

/** Calls `move` with `down` and `up`, in turn: what is not held is not let go. */
export function watchButton(button, move) {
  let held = false;
  const turn = (down) => {
    if (held === down) return;
    held = down;
    button.classList.toggle('held', down);
    move(down ? 'down' : 'up');
  };
  button.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    // Held until it is let go, even when the finger slides off the edge.
    button.setPointerCapture(event.pointerId);
    turn(true);
  });
  for (const end of ['pointerup', 'pointercancel', 'blur']) {
    button.addEventListener(end, () => turn(false));
  }
  button.addEventListener('keydown', (event) => {
    if (!keys.includes(event.key)) return;
    event.preventDefault();
    turn(true);
  });
  button.addEventListener('keyup', (event) => {
    if (keys.includes(event.key)) turn(false);
  });
  // A long touch would open the browser's menu, which takes the finger away from the button.
  button.addEventListener('contextmenu', (event) => event.preventDefault());
}
