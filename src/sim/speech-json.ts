/** The messages of a Delta 2: JSON of the app, or of the developer API. */
import type { SimBattery } from "./battery.ts";
import { encodeJson } from "./encode-json.ts";

/** Seconds between pushes of changes, and of everything. */
const deltaSec = 3;
const fullSec = 120;
/** "Does not apply" on this line (captured Delta 2). */
const parkedMinutes = 5939;
const mainsMillivolts = 230_000;
/** Nominal voltage of the pack, mV. */
const packMillivolts = 51_200;

/** The developer API's `typeCode` of each module's keys. */
const typeCodes: Readonly<Record<string, string>> = {
  pd: "pdStatus",
  inv: "invStatus",
  mppt: "mpptStatus",
  bms_emsStatus: "emsStatus",
  bms_bmsStatus: "bmsStatus",
};

export class JsonSpeech {
  readonly #battery: SimBattery;
  #told: Record<string, number> = {};

  constructor(battery: SimBattery) {
    this.#battery = battery;
  }

  /** Returns the payloads of this second. `timestamp` of the developer API is the second in ms. */
  speak(sec: number): Uint8Array[] {
    if (sec % deltaSec !== 0) return [];
    const now = this.#values();
    const full = sec % fullSec === 0;
    const news = Object.entries(now).filter(([key, value]) => full || this.#told[key] !== value);
    this.#told = now;
    if (news.length === 0) return [];
    const { wire } = this.#battery.options;
    return wire === "app" ? [encodeJson("app", Object.fromEntries(news))] : openMessages(news, sec * 1_000);
  }

  #values(): Record<string, number> {
    const { soc, acInWatts, loadWatts, batteryWatts, gridUp, outputOn } = this.#battery.state();
    const { capacityWh, chargeLimitPercent, dischargeLimitPercent } = this.#battery.options;
    const fullCap = Math.round((capacityWh * 1_000_000) / packMillivolts);
    const left = this.#battery.minutesLeft();
    const toFull = this.#battery.minutesToFull(parkedMinutes);
    return {
      "pd.soc": Math.round(soc),
      "pd.wattsInSum": Math.round(acInWatts),
      "pd.wattsOutSum": Math.round(loadWatts),
      "pd.remainTime": gridUp ? toFull : -left,
      "pd.errCode": 0,
      "inv.acInVol": gridUp ? mainsMillivolts : 0,
      "inv.acInFreq": gridUp ? 50 : 0,
      "inv.inputWatts": Math.round(acInWatts),
      "inv.outputWatts": Math.round(loadWatts),
      "inv.cfgAcEnabled": outputOn ? 1 : 0,
      "inv.errCode": 0,
      "mppt.inWatts": 0,
      "mppt.acStandbyMins": 0,
      "bms_emsStatus.f32LcdShowSoc": Math.round(soc * 100) / 100,
      "bms_emsStatus.maxChargeSoc": chargeLimitPercent,
      "bms_emsStatus.minDsgSoc": dischargeLimitPercent,
      "bms_emsStatus.chgRemainTime": toFull,
      "bms_emsStatus.dsgRemainTime": gridUp ? parkedMinutes : left,
      "bms_bmsStatus.num": 0,
      "bms_bmsStatus.f32ShowSoc": Math.round(soc * 100) / 100,
      "bms_bmsStatus.temp": 25,
      "bms_bmsStatus.soh": 100,
      "bms_bmsStatus.cycles": 4,
      "bms_bmsStatus.vol": packMillivolts,
      "bms_bmsStatus.amp": Math.round((-batteryWatts * 1_000_000) / packMillivolts),
      // A captured Delta 2 reports 0 while it discharges.
      "bms_bmsStatus.outputWatts": 0,
      "bms_bmsStatus.inputWatts": Math.round(Math.max(0, -batteryWatts)),
      "bms_bmsStatus.fullCap": fullCap,
      "bms_bmsStatus.errCode": 0,
    };
  }
}

/** Returns one message per module, with bare keys. */
function openMessages(news: readonly (readonly [string, number])[], timestamp: number): Uint8Array[] {
  return Object.entries(typeCodes).flatMap(([module, typeCode]) => {
    const own = news
      .filter(([key]) => key.startsWith(`${module}.`))
      .map(([key, value]) => [key.slice(module.length + 1), value] as const);
    return own.length === 0 ? [] : [encodeJson("open", Object.fromEntries(own), { typeCode, timestamp })];
  });
}
