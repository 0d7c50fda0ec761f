/** Makes callers wait, and lets one go on at a time, picked at random: so that who overlaps with whom is decided by a seed. */
export function createTurnstile(random: () => number): () => Promise<void> {
  const waiting: (() => void)[] = [];
  let isTurning = false;
  function turn(): void {
    // Whoever was let go on has come to its next wait by then: nothing in between leaves the process.
    setImmediate(() => {
      const [next] = waiting.splice(Math.floor(random() * waiting.length), 1);
      next?.();
      isTurning = waiting.length > 0;
      if (isTurning) turn();
    });
  }
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (isTurning) return;
      isTurning = true;
      turn();
    });
}
