/** Several sources of one station: per field the newest good value, a fresh local verdict first, nothing renewed by a cache. */
import { describe, expect, it } from "vitest";
import { onBattery, onMains, Told } from "../../../test/told.ts";
import type { GridVerdict, Measured, PartReading } from "../reading.ts";
import { take } from "../station.ts";
import { partFromQuota } from "./quota-part.ts";
import { frameTraits, nutTraits, type SourceTraits } from "./traits.ts";

const wall = 1_750_000_000_000;

function part(
  source: string,
  values: Partial<Measured>,
  verdict: GridVerdict | null,
  sample = true,
): PartReading {
  const grid = verdict === null ? null : ({ verdict, basis: "nut", carried_by: null } as const);
  return { station: "s", source, sampled_at: wall, received_at: wall, values, ages: {}, grid, sample };
}

const traits: Record<string, SourceTraits> = { nut: nutTraits, "ecoflow-open": frameTraits };
const traitsOf = ({ source }: PartReading) => traits[source] as SourceTraits;

const give = (told: Told, given: PartReading) => {
  const input = { kind: "part", part: given, traits: traitsOf(given), at: told.at, wall } as const;
  const { reading } = take(told.memory, input);
  if (reading !== null) {
    told.last = reading;
    told.verdicts.push(reading.grid);
  }
  return told;
};

describe("several sources", () => {
  it("per field the newer value wins, and what one source does not know the other fills", () => {
    const told = new Told().display(onMains).pass(5);
    give(told, part("nut", { out_watts: 70, runtime_sec: 900 }, "present"));
    expect(told.last).toMatchObject({
      out_watts: 70,
      runtime_sec: 900,
      ac_in_watts: 83,
      soc: 60,
      source: "nut",
      local: true,
    });
    told.pass(1).display({ pow_out_sum_w: 90 });
    expect(told.last).toMatchObject({ out_watts: 90, runtime_sec: 900, source: "mqtt-raw", local: false });
  });

  it("a fresh local word on the grid comes first, also against a newer one of the cloud", () => {
    const told = give(new Told().display(onMains).pass(1), part("nut", {}, "lost"));
    give(told.pass(5), part("nut", {}, "lost"));
    expect(told.last).toMatchObject({ grid: "lost", grid_basis: "nut" });
    told.pass(1).display({ pow_get_ac_in: 84 });
    expect(told.last?.grid).toBe("lost");
  });

  it("a silent local source speaks no more: the cloud's word counts after 20 s", () => {
    const told = give(new Told(), part("nut", {}, "present"))
      .pass(19)
      .display(onBattery)
      .pass(5);
    expect(told.last?.grid).toBe("lost");
    expect(told.verdicts[0]).toBe("present");
  });

  it("OB of a NUT server must stand 5 s and two polls (S17)", () => {
    const told = give(new Told(null), part("nut", {}, "present"));
    give(told.pass(2), part("nut", {}, "lost"));
    give(told.pass(3), part("nut", {}, "lost"));
    expect(told.last?.grid).toBe("present");
    give(told.pass(2), part("nut", {}, "lost"));
    expect(told.last?.grid).toBe("lost");
  });

  it("a local source that flaps while watts come in from the mains is not believed, and that is said once (S17)", () => {
    const told = new Told().display(onMains);
    const problems: string[] = [];
    for (let minute = 0; minute < 6; minute++) {
      for (const verdict of ["lost", "lost", "present"] as const) {
        told.pass(6).display({ pow_get_ac_in: 80 + minute });
        const given = part("nut", {}, verdict);
        const input = { kind: "part", part: given, traits: nutTraits, at: told.at, wall } as const;
        const { complaint } = take(told.memory, input);
        if (complaint !== undefined) problems.push(complaint);
      }
    }
    expect(told.memory.grid).toMatchObject({ verdict: "unknown", basis: "last-known" });
    expect(problems).toEqual(["source-flaps"]);
    told.display({ pow_get_ac_in: 0, plug_in_info_ac_charger_flag: false });
    give(told.pass(1), part("nut", {}, "lost"));
    give(told.pass(6), part("nut", {}, "lost"));
    expect(told.last?.grid).toBe("lost");
  });

  it("a cached answer renews no age, ends no silence and is no sample (S7)", () => {
    const told = new Told().display(onBattery).pass(600);
    expect(told.last?.quality).toBe("held");
    const { samples } = told.memory;
    give(told, part("ecoflow-open", { soc: 90, out_watts: 5 }, "present", false));
    expect(told.last).toMatchObject({
      grid: "unknown",
      grid_last: "lost",
      quality: "held",
      soc: 60,
      out_watts: 80,
    });
    expect(told.last?.sample_age_ms).toBe(600_000);
    expect(told.memory.samples).toBe(samples);
  });

  it("a cached answer is no word on the mains while another source speaks, nor on what carries the load (S7)", () => {
    const outage = new Told().display(onBattery).pass(5);
    give(outage, part("ecoflow-open", { soc: 90 }, "present", false));
    expect(outage.last).toMatchObject({ grid: "lost", carried_by: "battery" });
    const mains = new Told().display(onMains).pass(5);
    give(mains, part("ecoflow-open", { soc: 20 }, "lost", false));
    expect(mains.last).toMatchObject({ grid: "present", carried_by: "grid" });
    const doubted = new Told().display(onBattery).pass(2);
    give(doubted, part("ecoflow-open", {}, "present", false)).pass(2);
    expect(doubted.last?.grid).toBe("lost");
  });

  it("where only cached answers come, each new one is shown, and none is a sample", () => {
    const told = give(new Told(null), part("ecoflow-open", { soc: 42 }, "present", false));
    give(told.pass(60), part("ecoflow-open", { soc: 41 }, "present", false));
    expect(told.last).toMatchObject({ soc: 41, quality: "held", samples: 0, sample_age_ms: null });
  });

  it("a cached answer tells nothing of the moment while the station speaks: no runtime, no charging, no watts", () => {
    const cached = { runtime_sec: 120, charging: true, in_watts: 300, discharge_limit_percent: 15 };
    const told = new Told().display({ cms_batt_soc: 60, pow_out_sum_w: 80 }).pass(1);
    give(told, part("ecoflow-open", cached, "present", false));
    const moment = { runtime_sec: null, charging: null, in_watts: null };
    expect(told.last).toMatchObject({ ...moment, out_watts: 80, discharge_limit_percent: 15 });
    expect(give(new Told(null), part("ecoflow-open", cached, "present", false)).last).toMatchObject(cached);
    expect(give(told, part("nut", { runtime_sec: 900 }, "lost")).last?.runtime_sec).toBe(900);
  });

  it("a cached charge of 4 % is not that of a station that speaks and has not told its own yet", () => {
    const told = new Told().display({ pow_out_sum_w: 80, pow_get_ac_in: 0, cms_chg_dsg_state: 1 }).pass(5);
    give(told, part("ecoflow-open", { soc: 4 }, "lost", false));
    expect(told.last).toMatchObject({ grid: "lost", soc: null });
    expect(told.display({ cms_batt_soc: 80 }).last?.soc).toBe(80);
  });

  it.each([4, 100])("a cached charge of %d % that came first falls with the station's first word", (soc) => {
    const cached = () => give(new Told(), part("ecoflow-open", { soc }, "lost", false)).pass(2);
    expect(cached().last?.soc).toBe(soc);
    expect(cached().display({ cms_batt_soc: 60 }).last?.soc).toBe(60);
    const silent = cached().display({ pow_out_sum_w: 80 });
    expect(silent.last).toMatchObject({ soc: null, samples: 1 });
    expect(silent.pass(1).display({ cms_batt_soc: 60 }).last?.soc).toBe(60);
  });

  it("a cached answer fills what nobody ever told", () => {
    const told = give(new Told(null), part("ecoflow-open", { soc: 42 }, "present", false));
    expect(told.last).toMatchObject({ soc: 42, quality: "held", samples: 0, sample_age_ms: null });
  });
});

describe("quota/all bodies", () => {
  it("become a partial reading that is no sample", () => {
    const body = {
      code: "0",
      message: "Success",
      data: { "pd.soc": 50, "inv.acInVol": 230_000, "pd.wattsOutSum": 12 },
    };
    expect(partFromQuota("ecoflow-open", "R331ZEB4X", body, wall)).toMatchObject({
      part: {
        station: "R331ZEB4X",
        sample: false,
        values: { soc: 50, out_watts: 12 },
        grid: { verdict: "present" },
      },
    });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["R331X", { "pd.soc": "60", "inv.acInVol": "230000" }, "present"],
    ["R611X", { pd: { soc: 60 }, inv: { acInVol: 0 } }, "lost"],
    ["DCEBX", { "ems.lcdShowSoc": 60, "pd.soc": 70, "inv.acInVol": 0, "inv.acInFreq": 0 }, "lost"],
    ["P231X", { cmsBattSoc: 60, plugInInfoAcInFlag: 1, flowInfoAcIn: 0 }, "present"],
    ["R655X", { cmsBattSoc: 60, cmsChgDsgState: 1, powGetAcIn: 0, powOutSumW: 50 }, "lost"],
    ["MR51X", { cmsBattSoc: 60, flowInfoAcIn: 2 }, "present"],
    ["Y711X", { "hs_yj751_pd_appshow_addr.soc": 60, "hs_yj751_pd_appshow_addr.inAcC20Pwr": 9 }, "present"],
    ["HD31X", { "pd303_mc.masterIncreInfo.gridSta": 0, "pd303_mc.backupIncreInfo.backupBatPer": 60 }, "lost"],
    ["SP10X", { "heartbeat.backupBatPer": 60, "heartbeat.gridSta": 1 }, "present"],
    ["HW51X", { "20_1.batSoc": 60, "20_1.invOpVolt": 2_330 }, "present"],
    ["BK11X", { cmsBattSoc: 60, cmsChgDsgState: 2, powGetAcIn: 300 }, "unknown"],
  ])("of %s, in the keys of its family: %j is %s", (serial, data, verdict) => {
    expect(
      partFromQuota("ecoflow-open", serial, { code: "0", message: "Success", data }, wall),
    ).toMatchObject({
      part: { sample: false, values: { soc: 60 }, grid: { verdict } },
    });
  });

  it("the model's capacity does not travel as a measurement", () => {
    const answer = partFromQuota("ecoflow-open", "R331ZEB4X", { "pd.soc": 50 }, wall);
    expect("part" in answer && answer.part.values).toEqual({ soc: 50 });
  });

  it.each([
    [{ code: "1006", message: "not allowed" }],
    [null],
    ["text"],
    [undefined],
    [{ code: "0", data: {} }],
  ])("%j gives one sentence", (body) => {
    expect(partFromQuota("ecoflow-open", "R331ZEB4X", body, wall)).toHaveProperty("unknown");
  });
});
