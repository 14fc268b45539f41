/**
 * The signals of the process. Node resets what the parent had ignored (nohup) and opens its inspector on SIGUSR1, so each
 * signal is taken hold of here: none ends the process without a line.
 */

/** The signals that do not simply mean the end. */
export type OtherSignal = "SIGHUP" | "SIGQUIT" | "SIGUSR1" | "SIGUSR2";

export interface Signals {
  /** Hands every further signal of this kind to `hear` alone, until the returned function is called. */
  listen(hear: (signal: OtherSignal) => void): () => void;
}

export interface SignalOptions {
  /** The process, or a stand-in of a test. */
  on: (signal: NodeJS.Signals, listener: () => void) => void;
  /** Begins an orderly end. */
  stop: () => void;
  /** Says a line to people. */
  say: (text: string) => void;
  /** A command at a terminal ends with it; without one a hang-up means nothing to it, as under nohup. */
  isTerminal: boolean;
}

/** Takes hold of all signals that can be. */
export function takeSignals({ on, stop, say, isTerminal }: SignalOptions): Signals {
  let listener: ((signal: OtherSignal) => void) | null = null;
  const unheard = (signal: OtherSignal) => {
    if (signal === "SIGHUP") return isTerminal ? stop() : undefined;
    say(signalText(signal));
    if (signal === "SIGQUIT") stop();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) on(signal, stop);
  for (const signal of ["SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const)
    on(signal, () => (listener ?? unheard)(signal));
  return {
    listen(hear) {
      listener = hear;
      return () => {
        if (listener === hear) listener = null;
      };
    },
  };
}

/** Returns what a signal does, for the log. */
export function signalText(signal: Exclude<OtherSignal, "SIGHUP">): string {
  return signal === "SIGQUIT" ? "SIGQUIT: stopping, as on SIGTERM" : `${signal} has no meaning here: ignored`;
}
