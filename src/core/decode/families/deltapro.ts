/** Delta Pro, Delta Max, Delta mini: JSON, the mains by AC input voltage or frequency (ecoflow-protocol.md 5.1). */
import { type Device, timeAt } from "../device.ts";
import { quota } from "../fields/quota.ts";
import { slotOf } from "../fields/table.ts";
import {
  beginJudgement,
  directEvidence,
  type FamilyRules,
  firstOf,
  freshNumber,
  newestSoc,
  overallSoc,
  secondsOf,
} from "./family.ts";
import {
  balance,
  emptyMeasured,
  faultsOf,
  keyOf,
  packEnergy,
  packsOf,
  packWatts,
  quotaOf,
  switchOf,
} from "./quota-station.ts";

const slotsOf = (...keys: string[]) => keys.map((key) => slotOf(quota, key));
const socKeys = slotsOf("ems.f32LcdShowSoc", "ems.lcdShowSoc", "pd.soc");
const mainSocKeys = slotsOf("bmsMaster.f32ShowSoc", "bmsMaster.soc");
const told = (device: Device, slots: readonly number[]) =>
  slots.map((slot) => [quotaOf(device), slot] as const);
const acInVol = slotOf(quota, "inv.acInVol");
const acInFreq = slotOf(quota, "inv.acInFreq");
/** Nominal volts of a pack (5.1). */
const packVolts = 48;
const idleWatts = 5;
const faultKeys = ["pd.errCode", "inv.errCode", "bmsMaster.errCode", "bmsMaster.bmsFault"];

/** Tenths of a watt: a captured Delta Pro says 2340 while all its inputs sum up to 233 W. */
const solar = (device: Device) => {
  const tenths = keyOf(device, "mppt.inWatts");
  return tenths === null ? null : tenths / 10;
};

/** No voltage is a loss, unless a frequency told since then says otherwise; no frequency alone is none: it may come by itself. */
function isConnected(device: Device, volts: number | null, hertz: number | null): boolean | null {
  if ((volts ?? 0) > 0) return true;
  const numbers = quotaOf(device);
  const told = (slot: number) => (numbers === null ? 0 : timeAt(numbers, slot));
  const isOlder = volts !== null && told(acInFreq) < told(acInVol);
  if ((hertz ?? 0) > 0 && !isOlder) return true;
  return volts === null ? null : false;
}

export const deltapro: FamilyRules = {
  soc: (device, now) =>
    overallSoc(newestSoc(told(device, socKeys)), () => newestSoc(told(device, mainSocKeys)), now),
  measured(device) {
    const flow = balance(keyOf(device, "pd.wattsInSum"), keyOf(device, "pd.wattsOutSum"));
    const discharging = flow !== null && flow < -idleWatts;
    return {
      ...emptyMeasured(),
      temp_celsius: firstOf(keyOf(device, "bmsMaster.temp"), keyOf(device, "bmsMaster.maxCellTemp")),
      ac_in_watts: keyOf(device, "inv.inputWatts"),
      ac_out_watts: keyOf(device, "inv.outputWatts"),
      in_watts: keyOf(device, "pd.wattsInSum"),
      out_watts: keyOf(device, "pd.wattsOutSum"),
      solar_watts: solar(device),
      charging: flow === null ? null : flow > idleWatts,
      runtime_sec: discharging
        ? secondsOf(firstOf(keyOf(device, "ems.dsgRemainTime"), keyOf(device, "pd.remainTime")))
        : null,
      capacity_wh: packEnergy(device, "deltapro", packVolts),
      discharge_limit_percent: keyOf(device, "ems.minDsgSoc"),
      charge_limit_percent: keyOf(device, "ems.maxChargeSoc"),
      modules: packsOf(device, "deltapro"),
      ac_out_on: switchOf(keyOf(device, "inv.cfgAcEnabled")),
      ac_standby_min: keyOf(device, "inv.cfgStandbyMin"),
      faults: faultsOf(device, faultKeys),
    };
  },
  batteryWatts: (device) => packWatts(device, "deltapro"),
  grid(device, evidence, { at }) {
    beginJudgement(evidence);
    const volts = freshNumber(quotaOf(device), acInVol, evidence, at);
    const hertz = freshNumber(quotaOf(device), acInFreq, evidence, at);
    return directEvidence(isConnected(device, volts, hertz), "flow", {
      acIn: keyOf(device, "inv.inputWatts"),
      out: keyOf(device, "pd.wattsOutSum"),
      solar: solar(device),
    });
  },
  about: {
    title: "Delta Pro, Delta Max, Delta mini",
    wire: "JSON of the app and of the developer API",
    sign: "AC input voltage `inv.acInVol` or frequency `inv.acInFreq` above 0",
    measured:
      "charge of all packs and each, watts in and out, temperature, runtime on battery, limits, AC output, standby time, faults",
    inferred: "charging (from the sums), solar (tenths), capacity (full charge × 48 V)",
    unknown: "output memory",
    seen: "all of them without mains only",
    setUp: "AC timeout never",
  },
};
