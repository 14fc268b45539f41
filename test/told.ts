/** A station on a manual clock, for tests of one station: raw payloads in, readings out. */
import { modelInText } from "../src/core/decode/models.ts";
import { partFromForeign } from "../src/core/fuse/foreign.ts";
import { foreignTraits } from "../src/core/fuse/traits.ts";
import {
  createStation,
  type JudgedReading,
  type StationMemory,
  setModel,
  take,
} from "../src/core/station.ts";
import { encodeFrame, type Fields } from "../src/sim/encode.ts";

export const wall = 1_750_000_000_000;

/** A station with every verdict and problem that its payloads gave; its clock ticks each second. */
export class Told {
  readonly memory: StationMemory;
  readonly verdicts: string[] = [];
  readonly problems: string[] = [];
  last: JudgedReading | null = null;
  at = 0;
  #seq = 100;

  constructor(serial: string | null = "R631X") {
    const known = modelInText(serial ?? "");
    const setup = { id: "s", serial, name: null, capacityWh: null, dischargeLimitPercent: null };
    this.memory = createStation(setup);
    setModel(this.memory, known);
  }

  display(fields: Fields): this {
    this.#seq++;
    return this.bytes(encodeFrame("DisplayPropertyUpload", fields, { seq: this.#seq, masked: true }));
  }

  battery(fields: Fields): this {
    this.#seq++;
    return this.bytes(encodeFrame("BMSHeartBeatReport", fields, { src: 3, seq: this.#seq, masked: true }));
  }

  bytes(bytes: Uint8Array, source = "mqtt-raw"): this {
    return this.#note(take(this.memory, { kind: "frame", source, bytes, at: this.at, wall: wall + this.at }));
  }

  foreign(payload: Record<string, unknown>): this {
    const now = { at: this.at, wall: wall + this.at };
    const { part, own } = partFromForeign({ device: "s", ...payload }, now.wall, "mqtt");
    return this.#note(take(this.memory, { kind: "part", part, traits: foreignTraits, own, ...now }));
  }

  pass(seconds: number): this {
    for (let i = 0; i < seconds; i++) {
      this.at += 1_000;
      this.#note(take(this.memory, { kind: "tick", at: this.at, wall: wall + this.at }));
    }
    return this;
  }

  #note({ reading, problem, complaint }: ReturnType<typeof take>): this {
    if (problem !== undefined) this.problems.push(problem);
    if (complaint !== undefined) this.problems.push(complaint);
    if (reading !== null) {
      this.last = reading;
      this.verdicts.push(reading.grid);
    }
    return this;
  }
}

/** The fields of a full upload of a River 3 Plus; tests change some of them. */
export const idle: Fields = {
  pow_in_sum_w: 0,
  pow_out_sum_w: 0,
  pow_get_ac_in: 0,
  plug_in_info_ac_in_flag: 0,
  flow_info_ac_in: 0,
  plug_in_info_ac_charger_flag: false,
  cms_batt_soc: 60,
  cms_max_chg_soc: 100,
  cms_min_dsg_soc: 10,
  bms_chg_dsg_state: 0,
  cms_chg_dsg_state: 0,
  pow_get_pv: 0,
};
export const onMains: Fields = { ...idle, pow_in_sum_w: 83, pow_out_sum_w: 83, pow_get_ac_in: 83 };
export const onBattery: Fields = { ...idle, pow_out_sum_w: 80, cms_chg_dsg_state: 1, cms_dsg_rem_time: 100 };
