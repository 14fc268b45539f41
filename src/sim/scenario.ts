/** Scenarios for `simulate`: what a fictitious station reports, phase by phase, and what the server must answer. Data only. */

export interface Phase {
  /** One sentence for people. */
  say: string;
  /** Charge at the beginning and the end of the phase, percent; null: the station is silent. */
  soc: readonly [number, number] | null;
  grid: boolean;
  /** Seconds that the phase lasts, or the longest wait for its answer. */
  sec: number;
  /** The phase ends when every machine got this command. */
  until?: "shutdown" | "abort";
}

export interface Scenario {
  phases: readonly Phase[];
  /** A command that no machine may get. */
  never?: "shutdown";
  /** The scenario is over when the outage of earlier rehearsals is. */
  ends?: true;
}

/** Seconds and percent of the configuration that a scenario's timing follows. */
export interface Timing {
  debounceSec: number;
  abortAfterSec: number;
  /** The grid must hold this long for an outage to be over. */
  wakeAfterSec: number;
  /** The lowest shutdown threshold of the machines: below it all of them are due. */
  socPercent: number;
}

/** Seconds between two states: a foreign `lost` is believed after two messages at least 2 s apart (S27). */
export const sayEverySec = 2.5;

/** Long enough for an impossible fall to be believed (three samples over 10 s, S18) and for a slow broker. */
const patienceSec = 60;

const normal: Phase = { say: "Normal: mains, 90 %.", soc: [90, 90], grid: true, sec: 6 };
const lostHigh: Phase = { say: "The mains fail, 90 %.", soc: [90, 90], grid: false, sec: 6 };

/** The names, each with one sentence. */
export const scenarioNames = {
  critical: "normal 90 %, grid lost 90 %, 5 % until shutdown, grid back until abort",
  flapping: "the grid goes and comes, each time for less than the debounce: nobody may be told to go",
  silence: "grid lost at 5 %, then not a word: the shutdown must come all the same",
  "slow-drain": "grid lost above the threshold, then down through it point by point",
  calm: "the mains holds until the outage of earlier rehearsals is over, so that aborts and debounce are unused again",
} as const;
export type ScenarioName = keyof typeof scenarioNames;

/** Returns a scenario for these timings. */
export function scenarioOf(name: ScenarioName, timing: Timing): Scenario {
  const { debounceSec, socPercent } = timing;
  const back = comeback(timing);
  const low = Math.min(5, Math.max(1, socPercent - 1));
  const untilShutdown = { until: "shutdown", sec: debounceSec + patienceSec } as const;
  switch (name) {
    case "critical":
      return {
        phases: [
          normal,
          lostHigh,
          { say: `Critical: ${low} %, until the shutdown.`, soc: [low, low], grid: false, ...untilShutdown },
          back(low),
        ],
      };
    case "silence":
      return {
        phases: [
          normal,
          // Three samples over 10 s, and two more that agree, so that the low charge is believed before the silence begins.
          { say: `The mains fail, ${low} %.`, soc: [low, low], grid: false, sec: 25 },
          { say: "The router dies with the mains: not a word.", soc: null, grid: false, ...untilShutdown },
          back(low),
        ],
      };
    case "slow-drain": {
      const [above, under] = [Math.min(95, socPercent + 3), Math.max(1, socPercent - 1)];
      return {
        phases: [
          { say: `Normal: mains, ${above} %.`, soc: [above, above], grid: true, sec: 10 },
          {
            say: `The mains fail; ${above} % sinks to ${under} %.`,
            soc: [above, under],
            grid: false,
            sec: 12 * (above - under),
          },
          { say: `${under} %, until the shutdown.`, soc: [under, under], grid: false, ...untilShutdown },
          back(under),
        ],
      };
    }
    case "flapping":
      return { phases: flaps(timing), never: "shutdown" };
    case "calm":
      return { phases: [calm(timing)], ends: true };
  }
}

/** Where no outage is open, nothing ends the phase before its time. */
function calm({ wakeAfterSec }: Timing): Phase {
  const say = `The mains holds, 90 %, for ${wakeAfterSec} s.`;
  return { say, soc: [90, 90], grid: true, sec: wakeAfterSec + 15 };
}

function comeback({ abortAfterSec }: Timing) {
  return (soc: number): Phase => ({
    say: `The mains are back, ${soc} %, until the abort.`,
    soc: [soc, soc],
    grid: true,
    sec: abortAfterSec + patienceSec,
    until: "abort",
  });
}

/** Three losses below the threshold, each shorter than the debounce; each return is long enough to be confirmed. */
function flaps({ debounceSec, abortAfterSec, socPercent }: Timing): Phase[] {
  const soc = Math.max(1, socPercent - 1);
  const lostSec = Math.max(4, Math.min(debounceSec / 2, 60));
  const backSec = abortAfterSec + 10;
  const lost: Phase = { say: `The mains fail, ${soc} %.`, soc: [soc, soc], grid: false, sec: lostSec };
  const back: Phase = { say: `The mains are back, ${soc} %.`, soc: [soc, soc], grid: true, sec: backSec };
  return [{ ...back, say: `Normal: mains, ${soc} %.` }, lost, back, lost, back, lost, back];
}

/** Returns the charge at a second of a phase, a whole percent; null where the station is silent. */
export function socAt({ soc, sec }: Phase, passedSec: number): number | null {
  if (soc === null) return null;
  const [from, to] = soc;
  return Math.round(from + (to - from) * Math.min(1, passedSec / sec));
}
