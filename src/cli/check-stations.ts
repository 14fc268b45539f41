/** What the stations' own settings mean for the machines on them (S8, S13, S34): sentences for `check`. */
import type { z } from "zod";
import { thresholdWarning } from "../config/check.ts";
import type { Config } from "../config/config.ts";
import { policyRulesOf } from "../config/policy-rules.ts";
import { list } from "../config/units.ts";
import { readingSchema } from "../contract/messages/station.ts";
import { siteOf } from "../core/policy/site.ts";
import { loadOf } from "../core/policy/station/load.ts";
import { possibleCapacity, possibleLimit } from "../core/policy/station/possible.ts";
import { needMs, project, thresholdOf } from "../core/policy/station/projection.ts";
import { type StationState, unheardStation } from "../core/policy/station/state.ts";

/** What is used of a retained reading; that of another program may lack all of it. */
const used = readingSchema.pick({
  ac_out_watts: true,
  out_watts: true,
  capacity_wh: true,
  discharge_limit_percent: true,
  ac_standby_min: true,
  output_memory: true,
  faults: true,
  grid_basis: true,
  sampled_at: true,
});
export type Settings = Partial<z.output<typeof used>>;

/** Returns the settings in a retained reading; one bad field does not suppress the others (I3). Null where it is no reading. */
export function settingsOf(json: unknown): Settings | null {
  if (typeof json !== "object" || json === null) return null;
  const fields = json as Record<string, unknown>;
  const good = Object.entries(used.shape).flatMap(([name, schema]) => {
    const { success, data } = schema.safeParse(fields[name]);
    return success ? [[name, data]] : [];
  });
  return Object.fromEntries(good) as Settings;
}

/** Sentences about settings by which machines are lost, or do not come back. A station that feeds none has none. */
export function settingsWarnings(config: Config, id: string, settings: Settings): string[] {
  const rules = policyRulesOf(config);
  const machines = [...(siteOf(rules).machines.get(id) ?? [])];
  if (machines.length === 0) return [];
  const { ac_standby_min: standby, output_memory: memory, faults } = settings;
  return [
    ...(standby ? [standbySentence(id, standby)] : []),
    ...(memory === false
      ? [
          `${id} does not switch its AC output on again after a cut (output memory off): machines will not come back. In the app: output memory on.`,
        ]
      : []),
    ...(faults?.length
      ? [
          `${id} reports faults: ${list(faults)}. A code alone proves nothing; look at the station and its app.`,
        ]
      : []),
    ...limitWarning(config, id, settings),
    ...thresholdWarnings(config, id, settings),
    ...bySettingWarning(config, id, machines, settings),
  ];
}

const standbySentence = (id: string, minutes: number) =>
  `${id} switches its AC output off after ${minutes} min without load (AC standby): machines will not come back. In the app: AC timeout never.`;

/** Whether a reading reports nothing of what the station does by itself. */
export function isSilent({ ac_standby_min, output_memory, discharge_limit_percent }: Settings): boolean {
  return ac_standby_min == null && output_memory == null && discharge_limit_percent == null;
}

/** The configured limit counts, so one that the station does not have makes every threshold wrong. */
function limitWarning(config: Config, id: string, { discharge_limit_percent: reported }: Settings): string[] {
  const written = config.stations[id]?.dischargeLimitPercent ?? null;
  if (written === null || reported == null || written === reported) return [];
  return [
    `stations.${id}.dischargeLimitPercent is ${written}, but ${id} itself reports ${reported}: it cuts its output at ${reported + 1} %. Write ${reported}, or leave it out.`,
  ];
}

/** S8 with the limit, capacity and load that the station reports: what is raised while the server runs. */
function thresholdWarnings(config: Config, id: string, settings: Settings): string[] {
  const station = config.stations[id];
  if (station === undefined) return [];
  const rules = policyRulesOf(config);
  const state = stationStateOf(settings);
  const fed = Object.entries(config.machines).filter(([, { stations }]) => stations.includes(id));
  return fed.flatMap(([name, machine]) => {
    const [stationRules, machineRules] = [rules.stations[id], rules.machines[name]];
    if (stationRules === undefined || machineRules === undefined) return [];
    // What the configuration alone shows was said already.
    if (thresholdWarning(name, machine, id, station) !== null) return [];
    const { percent, raised } = thresholdOf(rules, machineRules, stationRules, state);
    if (raised !== null) {
      const sum = `cut-off ${raised.cutOff} % + ${raised.points.toFixed(1)} % for ${raised.needSec} s at the present ${Math.round(raised.watts)} W`;
      return [
        `${name} goes at ${machine.shutdownAt.socPercent} %, too late for ${id} (${sum}): the threshold is raised to ${percent} % while it runs. Write ${percent} % or more.`,
      ];
    }
    const asReported = { ...station, dischargeLimitPercent: station.dischargeLimitPercent ?? state.limit };
    const sentence = thresholdWarning(name, machine, id, asReported);
    return sentence === null ? [] : [sentence];
  });
}

/** S13: on good mains, by its own setting, it discharges to a level at which the hard floor takes machines down. */
function bySettingWarning(config: Config, id: string, machines: string[], settings: Settings): string[] {
  if (settings.grid_basis !== "by-setting") return [];
  const rules = policyRulesOf(config);
  const floors = machines.flatMap((name) => {
    const [stationRules, machine] = [rules.stations[id], rules.machines[name]];
    const left = stationRules && machine && project(stationRules, stationStateOf(settings), 0, false, 100);
    return left ? [{ name, percent: Math.ceil(100 - (left.whole - needMs(machine)) * left.rate) }] : [];
  });
  const highest = floors.toSorted((a, b) => b.percent - a.percent)[0];
  const floor = highest
    ? `the hard floor of ${highest.name} lies at ${highest.percent} %. Raise the reserve above ${highest.percent} % in the app.`
    : `what it feeds (${list(machines)}) goes down at its hard floor even so. Raise the reserve in the app.`;
  return [`${id} discharges on good mains by a setting of its own (a schedule, a charge limit); ${floor}`];
}

/** Returns the policy's memory of a station after this reading alone; its SoC is left out. */
export function stationStateOf(settings: Settings): StationState {
  const { ac_out_watts = null, out_watts = null } = settings;
  const watts = loadOf({ ac_out_watts, out_watts, battery_watts: null }, false);
  const unheard = unheardStation("");
  return {
    ...unheard,
    socAt: 0,
    limit: possibleLimit(settings.discharge_limit_percent ?? null),
    capacity: possibleCapacity({ capacity_wh: settings.capacity_wh ?? null, modules: null }),
    load: { ...unheard.load, last: watts, smooth: watts },
  };
}
