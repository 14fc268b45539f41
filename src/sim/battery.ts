/** The physics of an emulated station: a battery with an AC side, one second at a time. */
import { modelOf } from "../core/decode/models.ts";

export interface SimStationOptions {
  /** Its first four characters choose the model: `R631…` River 3 Plus, `R655…` River 3, `R331…` Delta 2. */
  serial: string;
  /** Percent at the beginning. */
  socPercent: number;
  /** Load on the AC output, watts. */
  loadWatts: number;
  /** Default: the model's. */
  capacityWh?: number;
  /** The output is cut at this + 1 percent (comments in NUT's ecoflow-hid.c). Default 10. */
  dischargeLimitPercent?: number;
  /** Default 100. */
  chargeLimitPercent?: number;
  /** A JSON station's form: what the app gets, or what the developer API gives. Default `app`. */
  wire?: "app" | "open";
  /** Into the battery while the mains is present, watts. Default 300. */
  chargeWatts?: number;
  /** From solar panels at the beginning, watts. Default 0. */
  solarWatts?: number;
}

/** The true state of the emulated station, reported or not. */
export interface SimStationState {
  soc: number;
  gridUp: boolean;
  outputOn: boolean;
  acInWatts: number;
  loadWatts: number;
  /** What the panels give, watts; at the charge limit no more than the load takes. */
  solarWatts: number;
  /** Out of the battery, watts; negative while charging. */
  batteryWatts: number;
}

/** The inverter's own draw in an outage, watts, measured by an owner of a River 3 Plus (docs/protocol.md). */
const inverterWatts = 8;
/** Draw of the electronics from an idle battery on mains, watts. */
export const standbyWatts = 2;
/** The battery, its load and its grid. */
export class SimBattery {
  readonly options: Required<SimStationOptions>;
  #wattHours: number;
  #gridUp = true;
  #outputOn = true;
  #loadWatts: number;
  #solarWatts: number;

  constructor(options: SimStationOptions) {
    const capacityWh = options.capacityWh ?? modelOf(options.serial)?.capacityWh ?? 286;
    const defaults = {
      dischargeLimitPercent: 10,
      chargeLimitPercent: 100,
      chargeWatts: 300,
      wire: "app" as const,
      solarWatts: 0,
    };
    this.options = { ...defaults, ...options, capacityWh };
    this.#wattHours = (capacityWh * options.socPercent) / 100;
    this.#loadWatts = options.loadWatts;
    this.#solarWatts = options.solarWatts ?? 0;
  }

  setGrid(up: boolean) {
    this.#gridUp = up;
    // The output memory is on, so the sockets come back with the mains.
    if (up) this.#outputOn = true;
  }

  setLoad(watts: number) {
    this.#loadWatts = watts;
  }

  setSolar(watts: number) {
    this.#solarWatts = watts;
  }

  state(): SimStationState {
    const soc = (this.#wattHours * 100) / this.options.capacityWh;
    const loadWatts = this.#outputOn ? this.#loadWatts : 0;
    const hasRoom = soc < this.options.chargeLimitPercent - 0.01;
    const intoBattery = this.#gridUp && hasRoom ? this.options.chargeWatts : 0;
    const draw = loadWatts + (this.#outputOn ? inverterWatts : standbyWatts);
    // A full battery takes no solar power, so the panels give only what the load uses.
    const useful = hasRoom ? this.#solarWatts : Math.min(this.#solarWatts, this.#gridUp ? loadWatts : draw);
    const solarForLoad = hasRoom ? 0 : useful;
    return {
      soc,
      gridUp: this.#gridUp,
      outputOn: this.#outputOn,
      loadWatts,
      solarWatts: useful,
      acInWatts: this.#gridUp ? loadWatts - solarForLoad + intoBattery : 0,
      batteryWatts: this.#gridUp ? -intoBattery - (useful - solarForLoad) : draw - useful,
    };
  }

  /** Lets one second pass; the output is cut at the discharge limit + 1. */
  second() {
    const { capacityWh, chargeLimitPercent, dischargeLimitPercent } = this.options;
    const most = (capacityWh * chargeLimitPercent) / 100;
    const { batteryWatts } = this.state();
    const next = this.#wattHours - batteryWatts / 3600;
    this.#wattHours = Math.max(0, batteryWatts < 0 ? Math.min(most, next) : next);
    if (!this.#gridUp && this.state().soc <= dischargeLimitPercent + 1) this.#outputOn = false;
  }

  /** 0 idle, 1 discharging, 2 charging. */
  chargeState(): number {
    const { batteryWatts, gridUp } = this.state();
    if (batteryWatts < 0) return 2;
    return gridUp || batteryWatts === 0 ? 0 : 1;
  }

  /** Minutes to the discharge limit at the present draw; thousands when idle, as real stations report. */
  minutesLeft(): number {
    const { batteryWatts, soc } = this.state();
    const { capacityWh, dischargeLimitPercent } = this.options;
    const left = Math.max(0, ((soc - dischargeLimitPercent) * capacityWh) / 100);
    return Math.round((left * 60) / Math.max(standbyWatts, batteryWatts));
  }

  /** Minutes to full, `parked` when not charging. */
  minutesToFull(parked: number): number {
    const { batteryWatts, soc } = this.state();
    if (batteryWatts >= 0) return parked;
    const { capacityWh, chargeLimitPercent } = this.options;
    return Math.round((((chargeLimitPercent - soc) * capacityWh) / 100 / -batteryWatts) * 60);
  }
}
