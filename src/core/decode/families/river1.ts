/** River, River Pro, River Max, River mini of the first generation: JSON, the mains by `inv.invInVol` (ecoflow-protocol.md 5.1). */
import type { Device } from "../device.ts";
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
  tell,
} from "./family.ts";
import {
  balance,
  emptyMeasured,
  faultsOf,
  keyOf,
  packsOf,
  packWatts,
  quotaOf,
  switchOf,
} from "./quota-station.ts";

const told = (device: Device, key: string) => newestSoc([[quotaOf(device), slotOf(quota, key)]]);
/** Millivolts; River mini sends the bits of a float, which come here as the float that they are. */
const invInVol = slotOf(quota, "inv.invInVol");
/** Where the first is never told: a public client of River Max reads this one. */
const acInVol = slotOf(quota, "inv.acInVol");
const idleWatts = 5;

export const river1: FamilyRules = {
  soc: (device, now) =>
    overallSoc(
      told(device, "pd.soc"),
      () => overallSoc(told(device, "bmsMaster.soc"), () => told(device, "inv.soc"), now),
      now,
    ),
  measured(device) {
    const out = firstOf(keyOf(device, "pd.wattsOutSum"), keyOf(device, "inv.outputWatts"));
    const flow = balance(keyOf(device, "pd.wattsInSum"), out);
    const discharging = flow !== null && flow < -idleWatts;
    return {
      ...emptyMeasured(),
      temp_celsius: firstOf(keyOf(device, "bmsMaster.temp"), keyOf(device, "bmsMaster.maxCellTemp")),
      ac_in_watts: keyOf(device, "inv.inputWatts"),
      ac_out_watts: keyOf(device, "inv.outputWatts"),
      in_watts: keyOf(device, "pd.wattsInSum"),
      out_watts: out,
      charging: flow === null ? null : flow > idleWatts,
      runtime_sec: discharging ? secondsOf(keyOf(device, "pd.remainTime")) : null,
      modules: packsOf(device, "deltapro"),
      ac_out_on: switchOf(keyOf(device, "inv.cfgAcEnabled")),
      ac_standby_min: keyOf(device, "inv.cfgStandbyMin"),
      faults: faultsOf(device, ["pd.errCode", "inv.errCode", "bmsMaster.errCode", "bmsMaster.bmsFault"]),
    };
  },
  batteryWatts: (device) => packWatts(device, "deltapro"),
  grid(device, evidence, { at }) {
    beginJudgement(evidence);
    const slot = tell(quotaOf(device), invInVol) === null ? acInVol : invInVol;
    const volts = freshNumber(quotaOf(device), slot, evidence, at);
    return directEvidence(volts === null ? null : volts > 0, "flow", {
      acIn: keyOf(device, "inv.inputWatts"),
      out: firstOf(keyOf(device, "pd.wattsOutSum"), keyOf(device, "inv.outputWatts")),
      solar: null,
    });
  },
  about: {
    title: "River, River Pro, River Max, River mini (first generation)",
    wire: "JSON of the app",
    sign: "AC input voltage `inv.invInVol` above 0",
    measured:
      "charge of all packs and each, watts in and out, temperature, runtime on battery, AC output, standby time, faults",
    inferred: "charging (from the sums)",
    unknown: "solar, limits, output memory, capacity (the model's stands in)",
    seen: "River Pro with and without mains",
    setUp: "AC timeout never",
  },
};
