/** The requests to EcoFlow's two APIs as data: method, path, query, body (docs/protocol.md). */

export interface CloudRequest {
  method: "GET" | "POST";
  path: string;
  query: Readonly<Record<string, string>>;
  /** Null: no body and no Content-Type. With a Content-Type on a GET, the server verifies the signature of a body and answers 8521. */
  body: Readonly<Record<string, unknown>> | null;
  headers: Readonly<Record<string, string>>;
}

const get = (
  path: string,
  query: Record<string, string> = {},
  headers: Record<string, string> = {},
): CloudRequest => ({
  method: "GET",
  path,
  query,
  body: null,
  headers,
});

/** The developer API; the sender signs every request. */
export const openRequests = {
  devices: () => get("/iot-open/sign/device/list"),
  certification: () => get("/iot-open/sign/certification"),
  quota: (serial: string) => get("/iot-open/sign/device/quota/all", { sn: serial }),
};

const bearer = (token: string) => ({ Authorization: `Bearer ${token}`, lang: "en_US" });

/** The API of the app. `base64` is the password's base64 of its UTF-8 bytes. The certification is a GET: a POST answers 405. */
export const appRequests = {
  login: (email: string, base64: string): CloudRequest => ({
    method: "POST",
    path: "/auth/login",
    query: {},
    body: { email, password: base64, scene: "IOT_APP", userType: "ECOFLOW" },
    headers: { lang: "en_US" },
  }),
  certification: (token: string, userId: string) =>
    get("/iot-auth/app/certification", { userId }, bearer(token)),
  devices: (token: string) => get("/iot-service/user/device", {}, bearer(token)),
};

/** Returns the address of a request at a host. */
export function urlOf(base: string, { path, query }: CloudRequest): string {
  const search = Object.entries(query).map((pair) => pair.map(encodeURIComponent).join("="));
  return `${base}${path}${search.length === 0 ? "" : `?${search.join("&")}`}`;
}
