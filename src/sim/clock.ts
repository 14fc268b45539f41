/** The one clock of stories, properties, scenes and demo: time passes only when it is moved. */
import type { Instant } from "../core/reading.ts";
import type { Clock } from "../io/clock.ts";
import type { After } from "../io/timer.ts";

export interface ManualClockOptions {
  /** Milliseconds since boot at the beginning. */
  now?: Instant;
  /** Epoch milliseconds at the beginning. */
  wall: number;
  /** Name of the boot. */
  boot?: string;
}

/** A clock with its timers: a busy computer slows a story down, and never breaks it. */
export class ManualClock implements Clock {
  #now: Instant;
  #wallOffset: number;
  #boot: string;
  #timers = new Set<{ at: Instant; run: () => void }>();
  readonly #ticks = new Set<() => void>();

  constructor({ now = 60_000, wall, boot = "boot-1" }: ManualClockOptions) {
    this.#now = now;
    this.#wallOffset = wall - now;
    this.#boot = boot;
  }

  now(): Instant {
    return this.#now;
  }

  wall(): number {
    return this.#now + this.#wallOffset;
  }

  boot(): string {
    return this.#boot;
  }

  everySecond(tick: () => void): () => void {
    this.#ticks.add(tick);
    return () => this.#ticks.delete(tick);
  }

  /** Timers on this clock; they run when it is moved, or with the next `ring`. */
  readonly after: After = (ms, run) => {
    const timer = { at: this.#now + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Moves the time by `ms` and does nothing else. */
  move(ms: number): void {
    this.#now += ms;
  }

  /** Runs the timers whose time has come. */
  ring(): void {
    for (const timer of [...this.#timers].filter(({ at }) => at <= this.#now)) {
      if (this.#timers.delete(timer)) timer.run();
    }
  }

  /** Calls everybody who asked for each second. */
  tick(): void {
    for (const tick of [...this.#ticks]) tick();
  }

  /** Lets one second pass: timers, then ticks. */
  second(): void {
    this.move(1_000);
    this.ring();
    this.tick();
  }

  /** Shifts the wall clock alone by `ms`, as a person or NTP does. */
  shiftWall(ms: number): void {
    this.#wallOffset += ms;
  }

  /** The process died: its timers and ticks are gone. */
  forget(): void {
    this.#timers.clear();
    this.#ticks.clear();
  }

  /** The machine starts again: another boot, another count of milliseconds, the same wall. */
  reboot(now: Instant): void {
    const wall = this.wall();
    this.#boot += "'";
    this.#now = now;
    this.#wallOffset = wall - now;
  }
}
