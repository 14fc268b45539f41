/** The messages of a Delta Pro Ultra, a PowerStream and a Smart Home Panel 2: one command each, always in full. */
import { camelCase } from "../core/decode/fields/table.ts";
import { modelOf } from "../core/decode/models.ts";
import type { SimBattery } from "./battery.ts";
import type { Fields } from "./encode.ts";
import { encodeMessageFrame } from "./encode-json.ts";

/** Seconds between two pushes; the devices' own periods are not recorded. */
const everySec = 3;
const mainsVolts = 230;
const mainsHertz = 50;

/** One message: its command, its fields by the names of the tables, and what the developer API puts before each of them. */
export interface Spoken {
  cmdFunc: number;
  cmdId: number;
  fields: Fields;
  /** `addr` of a Delta Pro Ultra's message; null: the developer API names the command. */
  address: string | null;
}

type Say = (battery: SimBattery) => Spoken[];

const sayings: Readonly<Record<string, Say>> = {
  deltaproultra: deltaProUltra,
  powerstream: powerStream,
  panel2,
};

/** Returns whether a station's line sends these messages. */
export const isMessageLine = (serial: string): boolean => (modelOf(serial)?.family ?? "") in sayings;

/** Returns every message of the station with its values now. Throws for another line. */
export function messagesOf(battery: SimBattery): Spoken[] {
  const say = sayings[modelOf(battery.options.serial)?.family ?? ""];
  if (say === undefined) throw new RangeError(`${battery.options.serial} sends other messages`);
  return say(battery);
}

/** Returns whether messages are pushed in this second of a session. */
export const isDue = (sec: number): boolean => sec % everySec === 0;

/** Returns the messages as the app gets them, a payload each. */
export const framesOf = (spoken: readonly Spoken[]): Uint8Array[] =>
  spoken.map(({ cmdFunc, cmdId, fields }) => encodeMessageFrame(cmdFunc, cmdId, fields));

/** Returns the answer to the app's request for everything: one payload of several headers without the marks of a push. */
export const replyOf = (spoken: readonly Spoken[]): Uint8Array =>
  Buffer.concat(
    spoken.map(({ cmdFunc, cmdId, fields }) => encodeMessageFrame(cmdFunc, cmdId, fields, { push: false })),
  );

/** Returns the messages as the developer API pushes them. */
export const openMessagesOf = (spoken: readonly Spoken[]): object[] =>
  spoken.map(({ cmdFunc, cmdId, fields, address }) => ({
    ...(address === null ? { cmdFunc, cmdId } : { addr: address }),
    param: camel(fields),
  }));

/** Returns all values as `quota/all` of the developer API names them; lists are left out. */
export function quotaOf(spoken: readonly Spoken[]): Record<string, unknown> {
  const named = spoken.flatMap(({ cmdFunc, cmdId, fields, address }) => {
    const before = cmdFunc === 12 ? "" : `${address ?? `${cmdFunc}_${cmdId}`}.`;
    return flat(camel(fields) as object).map(([key, value]) => [`${before}${key}`, value]);
  });
  return Object.fromEntries(named);
}

const flat = (values: object): [string, unknown][] =>
  Object.entries(values).flatMap(([key, value]): [string, unknown][] => {
    if (Array.isArray(value)) return [];
    if (typeof value !== "object" || value === null) return [[key, value]];
    return flat(value).map(([inner, each]) => [`${key}.${inner}`, each]);
  });

function camel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camel);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [camelCase(key), camel(inner)]));
}

function deltaProUltra(battery: SimBattery): Spoken[] {
  const { soc, gridUp, acInWatts, solarWatts, loadWatts, batteryWatts } = battery.state();
  const { capacityWh, chargeLimitPercent, dischargeLimitPercent } = battery.options;
  const shown = {
    soc: Math.round(soc),
    bp_num: 1,
    remain_time: battery.minutesLeft(),
    sys_err_code: 0,
    watts_in_sum: acInWatts + solarWatts,
    watts_out_sum: loadWatts,
    out_ac_l1_1_pwr: loadWatts,
    in_ac_5p8_pwr: 0,
    in_ac_c20_pwr: acInWatts,
    in_lv_mppt_pwr: solarWatts,
    in_hv_mppt_pwr: 0,
  };
  const backend = {
    ac_in_freq: gridUp ? mainsHertz : 0,
    in_ac_c20_vol: gridUp ? mainsVolts : 0,
    bms_input_watts: Math.max(0, -batteryWatts),
    bms_output_watts: Math.max(0, batteryWatts),
  };
  const set = { chg_max_soc: chargeLimitPercent, dsg_min_soc: dischargeLimitPercent, ac_standby_mins: 0 };
  const pack = {
    bp_no: 1,
    bp_soc: Math.round(soc),
    bp_pwr: -batteryWatts,
    bp_energy: capacityWh,
    bp_temp: 25,
  };
  return [
    { cmdFunc: 2, cmdId: 1, fields: shown, address: "hs_yj751_pd_appshow_addr" },
    { cmdFunc: 2, cmdId: 2, fields: backend, address: "hs_yj751_pd_backend_addr" },
    { cmdFunc: 2, cmdId: 3, fields: set, address: "hs_yj751_pd_app_set_info_addr" },
    { cmdFunc: 2, cmdId: 4, fields: { bp_info: [pack] }, address: "hs_yj751_pd_bp_addr" },
  ];
}

/** Grid-tied: without the mains it feeds nothing. Watts, volts, hertz and degrees are in tenths. */
function powerStream(battery: SimBattery): Spoken[] {
  const { soc, gridUp, solarWatts, loadWatts, batteryWatts } = battery.state();
  const { chargeLimitPercent, dischargeLimitPercent } = battery.options;
  const fields = {
    pv1_input_watts: Math.round(solarWatts * 10),
    pv2_input_watts: 0,
    bat_input_volt: 512,
    bat_input_watts: Math.round(batteryWatts * 10),
    bat_temp: 250,
    bat_soc: Math.round(soc),
    inv_op_volt: gridUp ? mainsVolts * 10 : 0,
    inv_output_watts: Math.round(loadWatts * 10),
    inv_freq: gridUp ? mainsHertz * 10 : 0,
    bp_type: 1,
    lower_limit: dischargeLimitPercent,
    upper_limit: chargeLimitPercent,
    dsg_remain_time: battery.minutesLeft(),
  };
  return [{ cmdFunc: 20, cmdId: 1, fields, address: null }];
}

function panel2(battery: SimBattery): Spoken[] {
  const { soc, gridUp, acInWatts, loadWatts } = battery.state();
  const { capacityWh } = battery.options;
  const time = {
    backup_info: { backup_discharge_time: battery.minutesLeft() },
    watt_info: { grid_watt: acInWatts, all_hall_watt: loadWatts },
  };
  const push = {
    backup_incre_info: {
      backup_full_cap: capacityWh,
      backup_bat_per: Math.round(soc),
      backup_discharge_rmain_bat_cap: Math.round((capacityWh * soc) / 100),
    },
    master_incre_info: { grid_sta: gridUp ? 1 : 0, grid_vol: gridUp ? mainsVolts : 0 },
  };
  return [
    { cmdFunc: 12, cmdId: 1, fields: time, address: null },
    { cmdFunc: 12, cmdId: 32, fields: push, address: null },
  ];
}
