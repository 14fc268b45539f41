/** The answer of a station that cannot be reached: one header with a code and no data. */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

const codeField = 22;

/** Encodes a refusal; −2 is "offline" (seen of a PowerStream). */
export function refusalBytes(code: string): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).fork();
  writer.tag(codeField, WireType.LengthDelimited).string(code);
  writer.join();
  return writer.finish();
}
