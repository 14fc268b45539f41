/** River, River Pro, River Max, River mini of the first generation: JSON, the mains by `inv.invInVol` (docs/protocol.md). */
import { emptyMeasured } from "../../reading.ts";
import type { Device } from "../device.ts";
import { quota } from "../fields/quota.ts";
import { packClaims, stationClaims } from "./about.ts";
import { isMute } from "./evidence.ts";
import { beginJudgement, type FamilyRules, firstOf, overallSoc } from "./family.ts";
import { freshInput, plugEvidence } from "./plug.ts";
import {
  balance,
  faultKeysOf,
  faultsOf,
  keyOf,
  newestCharge,
  packsOf,
  packWatts,
  positiveOf,
  remainToEmpty,
  runtimeOf,
  standbyOf,
  switchOf,
} from "./quota-station.ts";

const chargeOf = (device: Device, key: string) => newestCharge(device, [key]);
/** Of the two voltages a public client of River Max reads the second; a station that has both may leave either at 0. */
const voltages = ["inv.invInVol", "inv.acInVol"] as const;
const idleWatts = 5;
const faultKeys = faultKeysOf("deltapro");

export const river1: FamilyRules = {
  soc: (device, now) =>
    overallSoc(
      chargeOf(device, "pd.soc"),
      () => overallSoc(chargeOf(device, "bmsMaster.soc"), () => chargeOf(device, "inv.soc"), now),
      now,
    ),
  measured(device) {
    const acOut = positiveOf(device, "inv.outputWatts");
    const out = positiveOf(device, "pd.wattsOutSum") ?? acOut;
    const flow = balance(positiveOf(device, "pd.wattsInSum"), out);
    const discharging = flow !== null && flow < -idleWatts;
    return {
      ...emptyMeasured(),
      temp_celsius: firstOf(keyOf(device, "bmsMaster.temp"), keyOf(device, "bmsMaster.maxCellTemp")),
      ac_in_watts: positiveOf(device, "inv.inputWatts"),
      ac_out_watts: acOut,
      in_watts: positiveOf(device, "pd.wattsInSum"),
      out_watts: out,
      charging: flow === null ? null : flow > idleWatts,
      runtime_sec: discharging ? runtimeOf(remainToEmpty(device)) : null,
      modules: packsOf(device, "deltapro"),
      ac_out_on: switchOf(keyOf(device, "inv.cfgAcEnabled")),
      ac_standby_min: standbyOf(device, "inv.cfgStandbyMin"),
      faults: faultsOf(device, faultKeys),
    };
  },
  batteryWatts: (device) => packWatts(device, "deltapro"),
  grid(device, evidence, { at }) {
    beginJudgement(evidence);
    const [inverter, input] = voltages.map((key) => freshInput(device, key, evidence, at));
    const volts = inverter == null || input == null ? (inverter ?? input ?? null) : Math.max(inverter, input);
    const flows = {
      acIn: keyOf(device, "inv.inputWatts"),
      out: firstOf(keyOf(device, "pd.wattsOutSum"), keyOf(device, "inv.outputWatts")),
      solar: null,
    };
    return plugEvidence(device, volts === null ? null : volts > 0, flows, evidence, at);
  },
  mute: isMute,
  about: {
    wire: "JSON of the app",
    tables: [quota],
    signs: {
      "voltage at the AC input above 0 (`inv.invInVol`)": "present",
      "its other voltage there above 0 (`inv.acInVol`)": "present",
      "no voltage (`inv.invInVol` 0), and none by the other": "lost",
      "no voltage by the other (`inv.acInVol` 0), and none by the first": "lost",
    },
    measured: [...stationClaims, "ac_out_on", ...packClaims],
    inferred: {
      charging: "more comes in than goes out",
      runtime_sec: "its remaining time, while more goes out than comes in",
    },
    seen: {
      "RIVER Pro": {
        grid: ["present", "lost"],
        missing: ["modules.soh", "modules.in_watts", "modules.out_watts"],
      },
    },
    setUp: ["ac-timeout", "output-memory", "discharge-limit"],
  },
};
