/** Counts messages that were sent and are not acknowledged yet, by receiver. */
export class Unacknowledged<Receiver> {
  readonly #counts = new Map<Receiver, number>();
  #waiting: (() => void)[] = [];

  sent(to: Receiver): void {
    this.#counts.set(to, (this.#counts.get(to) ?? 0) + 1);
  }

  acknowledged(by: Receiver): void {
    const left = (this.#counts.get(by) ?? 0) - 1;
    if (left > 0) this.#counts.set(by, left);
    else this.gone(by);
  }

  /** Forgets a receiver: nothing that was sent to it will be acknowledged. */
  gone(receiver: Receiver): void {
    this.#counts.delete(receiver);
    if (this.#counts.size > 0) return;
    for (const done of this.#waiting.splice(0)) done();
  }

  /** Resolves when nothing is open; at once if nothing is. */
  none(): Promise<void> {
    if (this.#counts.size === 0) return Promise.resolve();
    return new Promise((done) => this.#waiting.push(done));
  }
}
