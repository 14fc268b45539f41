/**
 * Delta Pro, Delta Max, Delta mini: JSON, the mains by AC input voltage or frequency (docs/protocol.md). A Smart Home Panel can feed
 * a Delta Pro, which then has nothing at its AC input on good mains.
 */
import type { GridEvidence } from "../../filter/grid.ts";
import type { Instant } from "../../reading.ts";
import { emptyMeasured } from "../../reading.ts";
import type { Device } from "../device.ts";
import { quota } from "../fields/quota.ts";
import type { Model } from "../models.ts";
import { packClaims, stationClaims } from "./about.ts";
import { type Evidence, isMute } from "./evidence.ts";
import { beginJudgement, type FamilyRules, firstOf, isAtLeast } from "./family.ts";
import { freshInput, plugEvidence } from "./plug.ts";
import {
  balance,
  chargeOf,
  faultKeysOf,
  faultsOf,
  keyOf,
  keyTime,
  packEnergy,
  packsOf,
  packWatts,
  positiveOf,
  remainToEmpty,
  runtimeOf,
  standbyOf,
  switchOf,
} from "./quota-station.ts";

/** `pd.soc` is the main pack's: 90 % where both packs together have 84.6 (captured). */
const charge = {
  all: ["ems.f32LcdShowSoc", "ems.lcdShowSoc"],
  main: ["bmsMaster.f32ShowSoc", "bmsMaster.soc", "pd.soc"],
};
/** Nominal volts of a pack. */
const packVolts = 48;
const idleWatts = 5;
const faultKeys = faultKeysOf("deltapro");

/** In tenths of a watt: a captured Delta Pro reports 2340 while all its inputs sum up to 233 W. */
const solar = (device: Device) => {
  const tenths = positiveOf(device, "mppt.inWatts");
  return tenths === null ? null : tenths / 10;
};

/**
 * The voltage decides; the frequency stands in where there is none. No frequency alone is no loss. A frequency with or after a
 * voltage of 0 contradicts it, and neither is believed: a Delta 3 Plus reports 50 Hz on battery.
 */
function isConnected(device: Device, volts: number | null, hertz: number | null): boolean | null {
  if ((volts ?? 0) > 0) return true;
  if (!((hertz ?? 0) > 0)) return volts === null ? null : false;
  if (volts === null) return true;
  return keyTime(device, "inv.acInFreq") < keyTime(device, "inv.acInVol") ? false : null;
}

/** Behind a panel the AC input has now and then a second of voltage (berezhinskiy/ecoflow_exporter#66), and no watts. */
const seenAfterMs = 60_000;

/** Notes whether the AC input has carried the mains once: with watts, or for a minute. */
function noteInput(evidence: Evidence, connected: boolean | null, watts: number | null, at: Instant): void {
  if (connected !== true) evidence.inputSince = null;
  else evidence.inputSince ??= at;
  const isLong = evidence.inputSince !== null && at - evidence.inputSince >= seenAfterMs;
  evidence.inputSeen ||= isLong || (connected === true && isAtLeast(watts, 1));
}

/**
 * Whether nothing at the AC input is a loss of the mains for a station that a panel may feed: where the mains was seen there before,
 * or the station carries a load. Behind a panel an idle station shows the same on good mains.
 */
const isOwnLoss = (device: Device, { inputSeen }: Evidence) =>
  inputSeen || ["pd.wattsOutSum", "inv.outputWatts"].some((key) => isAtLeast(keyOf(device, key), idleWatts));

/** Returns the rules of a model; a null model may be a Delta Pro. */
export function deltaProRules(model: Model | null): FamilyRules {
  return model === null || model.name === "DELTA Pro" ? panelFed : rules;
}

const rules: FamilyRules = {
  soc: (device, now) => chargeOf(device, charge, "deltapro", now),
  measured(device) {
    const flow = balance(positiveOf(device, "pd.wattsInSum"), positiveOf(device, "pd.wattsOutSum"));
    const discharging = flow !== null && flow < -idleWatts;
    return {
      ...emptyMeasured(),
      temp_celsius: firstOf(keyOf(device, "bmsMaster.temp"), keyOf(device, "bmsMaster.maxCellTemp")),
      ac_in_watts: positiveOf(device, "inv.inputWatts"),
      ac_out_watts: positiveOf(device, "inv.outputWatts"),
      in_watts: positiveOf(device, "pd.wattsInSum"),
      out_watts: positiveOf(device, "pd.wattsOutSum"),
      solar_watts: solar(device),
      charging: flow === null ? null : flow > idleWatts,
      runtime_sec: discharging ? runtimeOf(keyOf(device, "ems.dsgRemainTime"), remainToEmpty(device)) : null,
      capacity_wh: packEnergy(device, "deltapro", packVolts),
      discharge_limit_percent: keyOf(device, "ems.minDsgSoc"),
      charge_limit_percent: keyOf(device, "ems.maxChargeSoc"),
      modules: packsOf(device, "deltapro"),
      ac_out_on: switchOf(keyOf(device, "inv.cfgAcEnabled")),
      ac_standby_min: standbyOf(device, "inv.cfgStandbyMin"),
      faults: faultsOf(device, faultKeys),
    };
  },
  batteryWatts: (device) => packWatts(device, "deltapro"),
  grid(device, evidence, { at }) {
    beginJudgement(evidence);
    const volts = freshInput(device, "inv.acInVol", evidence, at);
    const hertz = freshInput(device, "inv.acInFreq", evidence, at);
    const flows = {
      acIn: keyOf(device, "inv.inputWatts"),
      out: keyOf(device, "pd.wattsOutSum"),
      solar: solar(device),
    };
    return plugEvidence(device, isConnected(device, volts, hertz), flows, evidence, at);
  },
  mute: isMute,
  about: {
    wire: "JSON of the app and of the developer API",
    tables: [quota],
    signs: {
      "voltage at the AC input above 0 (`inv.acInVol`)": "present",
      "a frequency there (`inv.acInFreq`), where no voltage is told": "present",
      "no voltage (`inv.acInVol` 0), and no newer frequency, with a load (`pd.wattsOutSum`); a DELTA Max, a DELTA mini, and a DELTA Pro whose AC input has carried the mains need no load":
        "lost",
    },
    measured: [
      ...stationClaims,
      "solar_watts",
      "runtime_sec",
      "charge_limit_percent",
      "discharge_limit_percent",
      "ac_out_on",
      ...packClaims,
    ],
    inferred: { charging: "more comes in than goes out", capacity_wh: "full charge × 48 V" },
    seen: {
      "DELTA Pro": { grid: ["lost"], missing: ["runtime_sec"] },
      "DELTA Max": { grid: ["lost"], missing: ["runtime_sec"] },
      "DELTA mini": { grid: ["lost"], missing: ["modules.soh", "runtime_sec"] },
    },
    setUp: ["ac-timeout", "output-memory", "discharge-limit", "behind-panel"],
  },
};

const panelFed: FamilyRules = {
  ...rules,
  grid(device, evidence, moment) {
    const found = rules.grid(device, evidence, moment);
    const connected = found.verdict === "unknown" ? null : found.verdict === "present";
    noteInput(evidence, connected, keyOf(device, "inv.inputWatts"), moment.at);
    // A payload that is judged by itself has no past, so it is read as that of a station at a socket.
    if (found.verdict !== "lost" || moment.holdsPassed || isOwnLoss(device, evidence)) return found;
    return { verdict: "unknown", basis: "none", carriedBy: found.carriedBy } satisfies GridEvidence;
  },
};
