/** Two sources of frames at one station: a reply that one of them brings proves nothing while the other pushes live. */
import { describe, expect, it } from "vitest";
import { onBattery, onMains, Told } from "../../test/told.ts";
import { encodeFrame } from "../sim/encode.ts";

const cachedFrom = (told: Told, source: string, fields: typeof onMains) =>
  told.bytes(encodeFrame("DisplayPropertyUpload", fields, { seq: 7, push: false }), source);

/** Live pushes through the first source, one each two seconds; each differs from the one before it. */
function pushes(told: Told, count: number, watts = 80): Told {
  for (let i = 0; i < count; i++) told.pass(2).display({ pow_out_sum_w: watts + (i % 2) });
  return told;
}

describe("a reply through one source while another pushes live", () => {
  it("does not end an outage, though a push of the other source follows at once", () => {
    const told = pushes(new Told().display(onBattery), 5);
    expect(told.last?.grid).toBe("lost");
    cachedFrom(told, "ecoflow-app", onMains);
    const from = told.verdicts.length;
    pushes(told, 30);
    expect(told.verdicts.slice(from)).not.toContain("present");
    expect(told.last).toMatchObject({ grid: "lost", carried_by: "battery" });
  });

  it("changes no value and no charge that the station pushed", () => {
    const told = pushes(new Told().display({ ...onBattery, cms_batt_soc: 40 }), 3);
    cachedFrom(told, "ecoflow-app", { ...onMains, cms_batt_soc: 41, pow_out_sum_w: 5 });
    pushes(told, 1);
    expect(told.last).toMatchObject({ soc: 40, out_watts: 80, source: "mqtt-raw" });
  });

  it("takes nothing from a mains that the station pushed", () => {
    const told = pushes(new Told().display(onMains), 3);
    cachedFrom(told, "ecoflow-app", onBattery);
    const from = told.verdicts.length;
    pushes(told, 5);
    expect(new Set(told.verdicts.slice(from))).toEqual(new Set(["present"]));
  });

  it("is no sample, also when its own source follows within 30 s", () => {
    const told = pushes(new Told().display(onBattery), 2);
    const { samples } = told.memory;
    cachedFrom(told, "ecoflow-app", onMains).pass(1);
    told.bytes(encodeFrame("DisplayPropertyUpload", { pow_out_sum_w: 90 }, { seq: 8 }), "ecoflow-app");
    expect(told.memory.samples).toBe(samples + 1);
    expect(told.last?.grid).toBe("lost");
  });
});

describe("a reply that came before the other source spoke", () => {
  it("is void with the other's first push: its mains ends no outage", () => {
    const told = new Told().display(onBattery).pass(300);
    cachedFrom(told, "ecoflow-app", onMains);
    const from = told.verdicts.length;
    pushes(told, 20);
    expect(told.verdicts.slice(from)).not.toContain("present");
    expect(told.last?.grid_last).toBe("lost");
  });

  it("is no sample any more: a later push of its own source does not confirm it", () => {
    const told = new Told();
    cachedFrom(told, "ecoflow-app", onMains).pass(2).display({ pow_out_sum_w: 80 }).pass(2);
    told.bytes(encodeFrame("DisplayPropertyUpload", { pow_out_sum_w: 90 }, { seq: 8 }), "ecoflow-app");
    expect(told.memory.samples).toBe(2);
  });

  it("and is not saved by a reply that its own source confirms", () => {
    const told = new Told().display(onBattery).pass(300);
    cachedFrom(told, "ecoflow-app", onMains).pass(1);
    expect(told.last?.grid_last).toBe("present");
    told.bytes(encodeFrame("DisplayPropertyUpload", { ac_out_freq: 50 }, { seq: 8, push: false }));
    told.pass(1).display({ ac_out_freq: 51 });
    expect(told.last).toMatchObject({ grid: "unknown", grid_last: "lost" });
  });

  it("its charge is none that the station's own has to agree with", () => {
    const told = new Told();
    cachedFrom(told, "ecoflow-app", { ...onMains, cms_batt_soc: 4 }).pass(2);
    expect(told.last?.soc).toBe(4);
    expect(told.display({ ...onMains, cms_batt_soc: 80 }).last?.soc).toBe(80);
  });
});

it("once the live source is silent, a reply of the other is shown again, and still is no sample", () => {
  const told = pushes(new Told().display(onBattery), 3).pass(100);
  const { samples } = told.memory;
  cachedFrom(told, "ecoflow-app", onMains);
  expect(told.last).toMatchObject({ grid: "present", quality: "held", source: "ecoflow-app" });
  expect(told.memory.samples).toBe(samples);
});
