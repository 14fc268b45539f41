/** Smart Home Panel 2: ProtoTime (12/1) and ProtoPushAndSet (12/32); docs/protocol.md. Nested messages have the names of its JSON. */
import { makeTable } from "./table.ts";

const loadInfo = makeTable("LoadInfo", [
  [1, "hall1_watt", "floats", "W", "each circuit"],
  [2, "hall1_curr", "floats", "A", "each circuit"],
]);
const backupInfo = makeTable("BackupInfo", [
  [3, "backup_discharge_time", "u32", "min", "runtime of the backup"],
]);
const wattInfo = makeTable("WattInfo", [
  [1, "grid_watt", "float", "W", "from the grid; 0 between bursts of charging is normal"],
  [21, "all_hall_watt", "float", "W", "all circuits"],
  [30, "grid_amp", "floats", "A", "each leg of the grid"],
]);

export const protoTime = makeTable("ProtoTime", [
  [2, "load_info", "message", "", "circuits", loadInfo],
  [3, "backup_info", "message", "", "backup", backupInfo],
  [4, "watt_info", "message", "", "sums", wattInfo],
]);

const backupIncreInfo = makeTable("BackupIncreInfo", [
  [2, "backup_full_cap", "number", "Wh", "energy when full, all stations behind the panel"],
  [3, "backup_bat_per", "number", "%", "state of charge of all stations behind the panel"],
  [4, "backup_discharge_rmain_bat_cap", "number", "Wh", "energy left"],
]);
const masterIncreInfo = makeTable("MasterIncreInfo", [
  [2, "grid_sta", "u32", "", "0 none, 1 OK, 2 voltage or frequency out of range"],
  [3, "grid_vol", "number", "V", "grid"],
]);

export const protoPushAndSet = makeTable("ProtoPushAndSet", [
  [80, "backup_incre_info", "message", "", "stations behind the panel", backupIncreInfo],
  [82, "master_incre_info", "message", "", "the grid side", masterIncreInfo],
]);
