/** The interface of a timer, so that a test can drive it by hand. */

/** Calls `run` once after `ms` milliseconds, unless the returned function was called before. */
export type After = (ms: number, run: () => void) => () => void;

/** Real time. The timer alone never keeps the process alive. */
export const after: After = (ms, run) => {
  const timer = setTimeout(run, ms);
  timer.unref();
  return () => clearTimeout(timer);
};

/** Waits for `work`, but at most `ms`; true if it was done in time. A rejection is passed on. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
