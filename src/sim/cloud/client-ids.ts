/** Which MQTT client ids the cloud accepts. */

/** The app's id ends with the user's; the official app appends three more parts. */
const appShape = /^(?:ANDROID|iOS)_[0-9A-Za-z-]+_(\d+)(?:_[0-9a-f]{32}_\d+_[0-9A-F]{32})?$/;

/** Whether the broker accepts an id with credentials of the app. */
export const isAppClientId = (clientId: string, userId: string): boolean =>
  appShape.exec(clientId)?.[1] === userId;

/** Different client ids of a developer account in one day; users found this limit, it is not documented. */
const mostADay = 10;
const dayMs = 86_400_000;

/** Counts the client ids of the developer account by day (UTC). */
export class DailyClientIds {
  #day = -1;
  readonly #seen = new Set<string>();

  /** Whether the id is one of the first ten of the day; counts it if it is. `wall` is epoch ms. */
  take(clientId: string, wall: number): boolean {
    const day = Math.floor(wall / dayMs);
    if (day !== this.#day) this.#seen.clear();
    this.#day = day;
    if (this.#seen.has(clientId)) return true;
    if (this.#seen.size >= mostADay) return false;
    this.#seen.add(clientId);
    return true;
  }
}
