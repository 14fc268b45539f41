/** PowerStream inverter_heartbeat (20/1); watts, volts, hertz and degrees in tenths (docs/protocol.md). */
import { makeTable } from "./table.ts";

export const inverterHeartbeat = makeTable("inverter_heartbeat", [
  [16, "pv1_input_volt", "number", "0.1 V", "first solar input"],
  [17, "pv1_op_volt", "number", "", "first solar input"],
  [18, "pv1_input_cur", "number", "", "first solar input"],
  [19, "pv1_input_watts", "number", "0.1 W", "first solar input"],
  [21, "pv2_input_volt", "number", "0.1 V", "second solar input"],
  [22, "pv2_op_volt", "number", "", "second solar input"],
  [23, "pv2_input_cur", "number", "", "second solar input"],
  [24, "pv2_input_watts", "number", "0.1 W", "second solar input"],
  [26, "bat_input_volt", "number", "0.1 V", "battery"],
  [29, "bat_input_watts", "i32", "0.1 W", "battery, negative = charging"],
  [30, "bat_temp", "i32", "0.1 °C", "battery"],
  [31, "bat_soc", "u32", "%", "state of charge of the battery behind it"],
  [36, "inv_op_volt", "number", "0.1 V", "grid: it is grid-tied and has no backup output"],
  [38, "inv_output_watts", "i32", "0.1 W", "fed into the house"],
  [40, "inv_freq", "number", "0.1 Hz", "grid"],
  [42, "bp_type", "u32", "", "kind of the battery behind it, 0 = none (rustyy/ecoflow-api)"],
  [48, "permanent_watts", "u32", "0.1 W", "set base load"],
  [50, "supply_priority", "u32", "", "who comes first"],
  [51, "lower_limit", "u32", "%", "discharge limit"],
  [52, "upper_limit", "u32", "%", "charge limit"],
  [59, "chg_remain_time", "u32", "min", "time to full"],
  [60, "dsg_remain_time", "u32", "min", "time to the discharge limit"],
  [63, "grid_cons_watts", "i32", "0.1 W", "drawn from the grid"],
]);
