/** How far a station of the protobuf line may discharge on good mains because of its owner's settings (S12, S13). */
import type { Device } from "../device.ts";
import { displayPropertyUpload, energyModes } from "../fields/display-property.ts";
import { indexesOf } from "../fields/table.ts";
import { valueAt } from "../numbers.ts";

const display = indexesOf(displayPropertyUpload);
const settings = {
  bypassOff: display("bypass_out_disable"),
  chargeLimit: display("cms_max_chg_soc"),
  dischargeLimit: display("cms_min_dsg_soc"),
  reserveOn: display("energy_backup_en"),
  /** The reserve that `energy_backup_en` switches on. */
  ownReserve: display("energy_backup_start_soc"),
  /** The reserve of the energy modes. */
  modeReserve: display("backup_reverse_soc"),
};
const modes = [...energyModes.indexes.keys()].map((name) => display(`energy_strategy_operate_mode.${name}`));

const isOn = ({ display }: Device, setting: number) => valueAt(display, setting) === 1;

/** A level that the station reported. 0 counts as none: it would make every discharge a setting. */
const percentOf = ({ display }: Device, setting: number): number | null => valueAt(display, setting) || null;

/** Whether the mains is switched off from the outputs (Delta 3). */
export const isBypassOff = (device: Device) => isOn(device, settings.bypassOff);

/** Returns the state of charge at which the station goes back to the mains by its own settings, percent; null when none is known. */
export function levelOfReturn(device: Device): number | null {
  const chargeLimit = percentOf(device, settings.chargeLimit);
  const byMode = modes.some((mode) => isOn(device, mode));
  if (!byMode && !isOn(device, settings.reserveOn)) return chargeLimit;
  const [first, second] = byMode
    ? [settings.modeReserve, settings.ownReserve]
    : [settings.ownReserve, settings.modeReserve];
  // Without a known reserve the setting may use all that the station gives; the hard floor holds all the same (S2).
  const furthest = percentOf(device, settings.dischargeLimit) ?? 0;
  return Math.min(percentOf(device, first) ?? percentOf(device, second) ?? furthest, chargeLimit ?? 100);
}
