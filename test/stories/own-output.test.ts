/** Stories of what a station does to its own output (S34), in frames of a River 3 Plus. */
import { describe, expect, it } from "vitest";
import { encodeFrame } from "../../src/sim/encode.ts";
import { Agent } from "../agent.ts";
import { House } from "../house.ts";

const serial = "R631EMULATED0001";
/** The flag of an output: its low two bits are 2 or 3 while it is on. */
const [on, off] = [2, 0];

const onMains = {
  cms_batt_soc: 80,
  cms_max_chg_soc: 100,
  cms_min_dsg_soc: 10,
  pow_in_sum_w: 60,
  pow_out_sum_w: 60,
  pow_get_ac_in: 60,
  pow_get_ac_out: -60,
  pow_get_pv: 0,
  cms_chg_dsg_state: 0,
  flow_info_ac_out: on,
  ac_standby_time: 120,
  output_power_off_memory: false,
};
const onBattery = { ...onMains, pow_in_sum_w: 0, pow_get_ac_in: 0, cms_chg_dsg_state: 1 };
const idle = { pow_out_sum_w: 0, pow_get_ac_out: 0 };

/** A house whose station sends its display message every 5 s; what is written into `said` is sent from then on. */
async function open(first: Record<string, number | boolean> = onMains) {
  const house = await House.open({ stations: { Study: { serial } }, machines: { pc: { socPercent: 20 } } });
  const said: Record<string, number | boolean> = { ...first };
  let seq = 1_000;
  house.each(5, () => {
    seq += 1;
    house.frame(serial, encodeFrame("DisplayPropertyUpload", said, { seq, masked: true }));
  });
  new Agent(house, "pc");
  const told = (code: string) => house.events().filter((event) => "code" in event && event.code === code);
  return { house, said, told };
}

describe("a station", () => {
  it("that switches its AC output off on good mains: an alarm, until it is on again", async () => {
    const { house, said, told } = await open();
    await house.pass(60);
    Object.assign(said, { flow_info_ac_out: off, ...idle });
    await house.pass(30);
    expect(house.reading("Study")).toMatchObject({ ac_out_on: false, ac_standby_min: 120 });
    expect(told("output-off")).toMatchObject([{ type: "alarm", level: "alarm", station: "Study" }]);
    Object.assign(said, { flow_info_ac_out: on });
    await house.pass(30);
    expect(told("output-off").map(({ type }) => type)).toEqual(["alarm", "alarm-over"]);
  });

  it("whose flag is always 0 is believed by its watts: no alarm", async () => {
    const { house, told } = await open({ ...onMains, flow_info_ac_out: off });
    await house.pass(300);
    expect(house.reading("Study")).toMatchObject({ ac_out_on: false });
    expect(told("output-off")).toEqual([]);
  });

  it("that goes idle after our shutdown: expected, and it says that the sockets will stay dead", async () => {
    const { house, said, told } = await open();
    await house.pass(60);
    Object.assign(said, onBattery, { cms_batt_soc: 15 });
    await house.pass(900);
    expect(house.plans("pc").at(-1)?.state).toBe("down");
    Object.assign(said, { flow_info_ac_out: off, ...idle });
    await house.pass(30);
    expect(told("output-off")).toEqual([]);
    const [event] = house.events().filter(({ type }) => type === "output-off-expected");
    expect(event?.text).toMatch(/as expected after our shutdown of pc; it will not switch it on again/);
  });

  it("with a constant fault code, in an outage: one alarm that says it stood before, and no shutdown", async () => {
    const { house, said, told } = await open({ ...onMains, bms_err_code: 64 });
    await house.pass(60);
    expect(told("station-fault")).toEqual([]);
    Object.assign(said, onBattery);
    await house.pass(600);
    expect(told("station-fault")).toMatchObject([{ type: "alarm", station: "Study" }]);
    expect(told("station-fault")[0]?.text).toMatch(/bms_err_code 64 \(stood before the outage too\)/);
    expect(house.commands()).toEqual([]);
  });
});
