/** What the JSON stations report: the keys of a Delta 2, a first Delta Pro, a first River and a first panel, with their values. */
import { modelOf } from "../core/decode/models.ts";
import type { SimBattery } from "./battery.ts";

/** "Does not apply" on this line (captured Delta 2). */
export const parkedMinutes = 5939;
const mainsMillivolts = 230_000;
/** Nominal voltage of a pack, mV; of the first Rivers nobody recorded it, and a panel has none. */
const packMillivolts = { delta2: 51_200, deltapro: 48_000, river1: 25_200, panel1: 48_000 };

export type JsonFamily = keyof typeof packMillivolts;

/** Returns the family of a serial number whose line sends JSON; null for every other. */
export function jsonFamilyOf(serial: string): JsonFamily | null {
  const family = modelOf(serial)?.family ?? "";
  return family in packMillivolts ? (family as JsonFamily) : null;
}

/** Returns every key of the station with its value now. */
export function jsonValues(battery: SimBattery, family: JsonFamily): Record<string, number> {
  if (family === "panel1") return panelOne(battery);
  const { "inv.acInVol": volts = 0, "inv.acInFreq": hertz = 0, ...common } = shared(battery);
  // The first Rivers name the input of the inverter in another way.
  if (family === "river1") return { ...common, "inv.invInVol": volts, ...riverOne(battery) };
  const own = family === "delta2" ? deltaTwo(battery) : deltaPro(battery);
  return { ...common, "inv.acInVol": volts, "inv.acInFreq": hertz, ...own };
}

function shared(battery: SimBattery): Record<string, number> {
  const { soc, acInWatts, loadWatts, solarWatts, gridUp, outputOn, batteryWatts } = battery.state();
  const left = battery.minutesLeft();
  const isDischarging = batteryWatts > 0;
  return {
    "pd.soc": Math.round(soc),
    "pd.wattsInSum": Math.round(acInWatts + solarWatts),
    "pd.wattsOutSum": Math.round(loadWatts),
    "pd.remainTime": isDischarging ? -left : battery.minutesToFull(parkedMinutes),
    "pd.errCode": 0,
    "inv.acInVol": gridUp ? mainsMillivolts : 0,
    "inv.acInFreq": gridUp ? 50 : 0,
    "inv.inputWatts": Math.round(acInWatts),
    "inv.outputWatts": Math.round(loadWatts),
    "inv.cfgAcEnabled": outputOn ? 1 : 0,
    "inv.errCode": 0,
  };
}

/** The charge of the pack, mAh, and the current into it, mA. */
function pack(battery: SimBattery, millivolts: number) {
  const { batteryWatts } = battery.state();
  return {
    fullCap: Math.round((battery.options.capacityWh * 1_000_000) / millivolts),
    amp: Math.round((-batteryWatts * 1_000_000) / millivolts),
  };
}

function limits(battery: SimBattery, prefix: string): Record<string, number> {
  const { soc, batteryWatts } = battery.state();
  const { chargeLimitPercent, dischargeLimitPercent } = battery.options;
  return {
    [`${prefix}.f32LcdShowSoc`]: Math.round(soc * 100) / 100,
    [`${prefix}.maxChargeSoc`]: chargeLimitPercent,
    [`${prefix}.minDsgSoc`]: dischargeLimitPercent,
    [`${prefix}.chgRemainTime`]: battery.minutesToFull(parkedMinutes),
    [`${prefix}.dsgRemainTime`]: batteryWatts > 0 ? battery.minutesLeft() : parkedMinutes,
  };
}

function deltaTwo(battery: SimBattery): Record<string, number> {
  const { soc, solarWatts, batteryWatts } = battery.state();
  const { fullCap, amp } = pack(battery, packMillivolts.delta2);
  return {
    "mppt.inWatts": Math.round(solarWatts),
    "mppt.acStandbyMins": 0,
    ...limits(battery, "bms_emsStatus"),
    "bms_bmsStatus.num": 0,
    "bms_bmsStatus.f32ShowSoc": Math.round(soc * 100) / 100,
    "bms_bmsStatus.temp": 25,
    "bms_bmsStatus.soh": 100,
    "bms_bmsStatus.cycles": 4,
    "bms_bmsStatus.vol": packMillivolts.delta2,
    "bms_bmsStatus.amp": amp,
    // A captured Delta 2 reports 0 while it discharges.
    "bms_bmsStatus.outputWatts": 0,
    "bms_bmsStatus.inputWatts": Math.round(Math.max(0, -batteryWatts)),
    "bms_bmsStatus.fullCap": fullCap,
    "bms_bmsStatus.errCode": 0,
  };
}

function deltaPro(battery: SimBattery): Record<string, number> {
  const { soc, solarWatts, batteryWatts } = battery.state();
  const { fullCap, amp } = pack(battery, packMillivolts.deltapro);
  return {
    // In tenths of a watt (captured).
    "mppt.inWatts": Math.round(solarWatts * 10),
    ...limits(battery, "ems"),
    "bmsMaster.f32ShowSoc": Math.round(soc * 100) / 100,
    "bmsMaster.soc": Math.round(soc),
    "bmsMaster.temp": 25,
    "bmsMaster.soh": 100,
    "bmsMaster.cycles": 4,
    "bmsMaster.vol": packMillivolts.deltapro,
    "bmsMaster.amp": amp,
    "bmsMaster.outputWatts": Math.round(Math.max(0, batteryWatts)),
    "bmsMaster.inputWatts": Math.round(Math.max(0, -batteryWatts)),
    "bmsMaster.fullCap": fullCap,
    "bmsMaster.errCode": 0,
  };
}

function riverOne(battery: SimBattery): Record<string, number> {
  const { soc, batteryWatts } = battery.state();
  const { fullCap, amp } = pack(battery, packMillivolts.river1);
  return {
    "bmsMaster.soc": Math.round(soc),
    "bmsMaster.temp": 25,
    "bmsMaster.cycles": 4,
    "bmsMaster.vol": packMillivolts.river1,
    "bmsMaster.amp": amp,
    "bmsMaster.fullCap": fullCap,
    "bmsMaster.errCode": 0,
    "bmsMaster.remainTime": batteryWatts > 0 ? battery.minutesLeft() : parkedMinutes,
  };
}

/** A panel has no battery: it reports those of the stations behind it, and whether it sees the grid. */
function panelOne(battery: SimBattery): Record<string, number> {
  const { soc, gridUp } = battery.state();
  return {
    "heartbeat.gridSta": gridUp ? 1 : 0,
    "heartbeat.backupBatPer": Math.round(soc),
    "heartbeat.backupFullCap": pack(battery, packMillivolts.panel1).fullCap,
  };
}
