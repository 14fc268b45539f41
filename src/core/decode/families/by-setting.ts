/** How far a station of the protobuf line may discharge on good mains by its owner's settings (hard-cases S12, S13). */
import { type Device, valueAt } from "../device.ts";
import { displayPropertyUpload, energyModes } from "../fields/display-property.ts";
import { slotOf } from "../fields/table.ts";

const display = (name: string) => slotOf(displayPropertyUpload, name);
const slots = {
  bypassOff: display("bypass_out_disable"),
  chargeLimit: display("cms_max_chg_soc"),
  dischargeLimit: display("cms_min_dsg_soc"),
  reserveOn: display("energy_backup_en"),
  /** The reserve of `energy_backup_en`. */
  reserve: display("energy_backup_start_soc"),
  /** The reserve of the energy modes. */
  reverse: display("backup_reverse_soc"),
};
const modeSlots = energyModes.fields.map((field) => display(`energy_strategy_operate_mode.${field.name}`));

/** The mains is not to feed the outputs (Delta 3). */
export const isBypassOff = (device: Device) => valueAt(device.board, slots.bypassOff) === 1;

/** Where it goes back to mains by its own settings, percent; NaN when none is known. */
export function levelOfReturn(device: Device): number {
  const chargeLimit = percentOf(device, slots.chargeLimit);
  const isOn = (slot: number) => valueAt(device.board, slot) === 1;
  const byMode = modeSlots.some(isOn);
  if (!byMode && !isOn(slots.reserveOn)) return chargeLimit ?? Number.NaN;
  const [own, other] = byMode ? [slots.reverse, slots.reserve] : [slots.reserve, slots.reverse];
  // Nobody told the reserve: the wish may go as far as the station does, and the hard floor holds all the same (S2).
  const furthest = percentOf(device, slots.dischargeLimit) ?? 0;
  return Math.min(percentOf(device, own) ?? percentOf(device, other) ?? furthest, chargeLimit ?? 100);
}

/** A level that was told; 0 is none: it would make every discharge the owner's wish. */
const percentOf = (device: Device, slot: number): number | null => valueAt(device.board, slot) || null;
