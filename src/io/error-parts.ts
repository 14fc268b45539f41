/** Reads the code and the text of an error of a socket, of TLS, of DNS or of MQTT. */

/** Code (empty where there is none) and text. Of several errors, such as `::1` and `127.0.0.1` both refused, those of the first. */
export function errorParts(error: unknown): { code: string | number; message: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return errorParts(error.errors[0]);
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  const { code = "" } = error as { code?: string | number };
  return { code, message: error.message || error.name };
}
