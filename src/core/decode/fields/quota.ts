/** The keys that are read of JSON stations, `module.field` as the app and the developer API spell them (docs/protocol.md). */
import { makeTable } from "./table.ts";

type Row = readonly [key: string, unit: string, about: string];

/** Each pack has the same fields under a prefix of its own. */
const packRows = (prefix: string, about: string): Row[] => [
  [`${prefix}.num`, "", `${about}: number`],
  [`${prefix}.soc`, "%", `${about}: state of charge, whole percent`],
  [`${prefix}.f32ShowSoc`, "%", `${about}: state of charge`],
  [`${prefix}.temp`, "°C", `${about}: temperature`],
  [`${prefix}.maxCellTemp`, "°C", `${about}: warmest cell`],
  [`${prefix}.soh`, "%", `${about}: state of health`],
  [`${prefix}.cycles`, "", `${about}: charge cycles`],
  [`${prefix}.inputWatts`, "W", `${about}: into it`],
  [`${prefix}.outputWatts`, "W", `${about}: out of it`],
  [`${prefix}.amp`, "", `${about}: mA, negative = discharge`],
  [`${prefix}.vol`, "mV", `${about}: voltage`],
  [`${prefix}.fullCap`, "mAh", `${about}: capacity when full`],
  [`${prefix}.errCode`, "", `${about}: error code, 0 = none`],
  [`${prefix}.bmsFault`, "", `${about}: faults, 0 = none`],
];

/** Prefixes of the packs, main pack first, by the generation that uses them. */
export const packPrefixes = {
  delta2: ["bms_bmsStatus", "bms_slave", "bms_slave_bmsSlaveStatus_1", "bms_slave_bmsSlaveStatus_2"],
  deltapro: ["bmsMaster", "bmsSlave1", "bmsSlave2"],
} as const;

const rows: readonly Row[] = [
  ["pd.soc", "%", "state of charge, whole percent"],
  ["pd.wattsInSum", "W", "all inputs"],
  ["pd.wattsOutSum", "W", "all outputs"],
  ["pd.remainTime", "min", "time left; negative = discharging (Delta 2, River 2)"],
  ["pd.errCode", "", "error code, 0 = none"],
  ["inv.soc", "%", "state of charge (River)"],
  ["inv.acInVol", "mV", "AC input; 0 unplugged, stays while discharging with the plug in"],
  ["inv.acInFreq", "Hz", "AC input"],
  ["inv.invInVol", "mV", "AC input (River, first generation), mV; on River mini float bits"],
  ["inv.inputWatts", "W", "AC input"],
  ["inv.outputWatts", "W", "AC output"],
  ["inv.cfgAcEnabled", "", "AC output on"],
  ["inv.cfgStandbyMin", "min", "AC output off after so long without load (Delta Pro line, River)"],
  ["inv.errCode", "", "error code, 0 = none"],
  ["mppt.acStandbyMins", "min", "AC output off after so long without load (Delta 2, River 2)"],
  ["inv.standbyMin", "min", "AC output off after so long without load (Delta 2 Max)"],
  ["mppt.cfgAcEnabled", "", "AC output on (River 2)"],
  ["mppt.inWatts", "W", "solar; tenths on the Delta Pro line"],
  ["mppt.pv2InWatts", "W", "second solar input"],
  ["bms_emsStatus.f32LcdShowSoc", "%", "state of charge over all packs"],
  ["bms_emsStatus.lcdShowSoc", "%", "state of charge over all packs, whole percent"],
  ["bms_emsStatus.maxChargeSoc", "%", "charge limit"],
  ["bms_emsStatus.minDsgSoc", "%", "discharge limit"],
  ["bms_emsStatus.chgRemainTime", "min", "time to full"],
  ["bms_emsStatus.dsgRemainTime", "min", "time to the discharge limit"],
  ["ems.f32LcdShowSoc", "%", "state of charge over all packs"],
  ["ems.lcdShowSoc", "%", "state of charge over all packs, whole percent"],
  ["ems.maxChargeSoc", "%", "charge limit"],
  ["ems.minDsgSoc", "%", "discharge limit"],
  ["ems.chgRemainTime", "min", "time to full"],
  ["ems.dsgRemainTime", "min", "time to the discharge limit"],
  ["heartbeat.backupBatPer", "%", "Smart Home Panel: state of charge of the stations behind it"],
  ["heartbeat.backupFullCap", "mAh", "Smart Home Panel: their charge when full, summed over Delta Pro packs"],
  ["heartbeat.gridSta", "", "Smart Home Panel: 0 no grid, 1 grid"],
  ["gridInfo.gridVol", "V", "Smart Home Panel: grid, a setting of the country and no sign of the mains"],
  ["gridInfo.gridFreq", "Hz", "Smart Home Panel: grid, likewise"],
  ["cfgSta.sta", "", "Smart Home Panel: configured"],
  ["shp_grid_pwr", "W", "Smart Home Panel 3: from the grid"],
  ["shp_load_pwr", "W", "Smart Home Panel 3: all circuits"],
  ["shp_batt_pwr", "W", "Smart Home Panel 3: stations behind the panel"],
  ...[1, 2, 3].map(
    (n): Row => [`panel_backup_ch${n}_Info.ch_sta`, "", "Smart Home Panel 3: 1 grid present, 2 lost"],
  ),
  ...packPrefixes.delta2.flatMap((prefix, num) =>
    packRows(prefix, num === 0 ? "main pack" : `extra pack ${num}`),
  ),
  ...packPrefixes.deltapro.flatMap((prefix, num) =>
    packRows(prefix, num === 0 ? "main pack" : `extra pack ${num}`),
  ),
];

/** All JSON keys in one table, so that a station has one memory for them. The field numbers are ours. */
export const quota = makeTable(
  "quota",
  rows.map(([key, unit, about], index) => [index + 1, key, "number", unit, about] as const),
);
