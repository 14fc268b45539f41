/** The interface of a timer, so that a test can drive it by hand. */

/** Calls `run` once after `ms` milliseconds, unless the returned function was called before. */
export type After = (ms: number, run: () => void) => () => void;

/** Real time. Only the entry points use it. The timer alone never keeps the process alive. */
export const realTime: After = (ms, run) => {
  const timer = setTimeout(run, ms);
  timer.unref();
  return () => clearTimeout(timer);
};

/** Waits for `work`, but at most `ms`, timed by `after`; true if it was done in time. A rejection is passed on. */
export async function within(ms: number, work: Promise<unknown>, after: After): Promise<boolean> {
  let cancel = () => {};
  const late = new Promise<boolean>((resolve) => {
    cancel = after(ms, () => resolve(false));
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    cancel();
  }
}
