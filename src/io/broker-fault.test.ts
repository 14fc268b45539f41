/** What people read when a broker cannot be used. */
import { describe, expect, it } from "vitest";
import { brokerFault } from "./broker-fault.ts";

const coded = (code: string | number, message = "the library's words") =>
  Object.assign(new Error(message), { code });
const words = (error: unknown, username?: string) => {
  const { why, remedy } = brokerFault(error, { url: "mqtts://broker.lan:8883", username });
  return `${why}; ${remedy}`;
};

describe("a broker that cannot be used", () => {
  it.each([
    [coded("ECONNREFUSED"), /^nobody listens there; start the broker/],
    [coded("ENOTFOUND"), /^no machine is called "broker\.lan"; correct the name/],
    [coded("EAI_AGAIN"), /^nobody answers where "broker\.lan" is; write the broker's address/],
    [coded("EHOSTUNREACH"), /^there is no way to it/],
    [coded("ETIMEDOUT"), /^it does not answer; .*firewalls/],
    [coded("ECONNRESET"), /^it closed the connection at once; .*is that the port for TLS, usually 8883/],
    [coded(1), /MQTT 3\.1\.1/],
    [coded(5), /^it refuses a client without user; check mqtt\.username and mqtt\.password/],
    [coded("DEPTH_ZERO_SELF_SIGNED_CERT"), /^its certificate is not trusted \(DEPTH_\w+\); check mqtt\.ca/],
    [coded("SELF_SIGNED_CERT_IN_CHAIN"), /not trusted/],
    [coded("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), /not trusted/],
    [coded("UNABLE_TO_GET_ISSUER_CERT_LOCALLY"), /not trusted/],
    [coded("ERR_TLS_CERT_ALTNAME_INVALID"), /^its certificate is for another name than "broker\.lan"/],
    [coded("CERT_HAS_EXPIRED"), /^its certificate has expired; renew it/],
    [coded("CERT_NOT_YET_VALID"), /^its certificate is not valid yet; .*clock/],
    [coded("EPROTO"), /^it speaks no TLS on that port/],
    [new Error("Invalid header flag bits, must be 0x0 for puback packet"), /^it speaks no MQTT; .*a broker/],
    [new Error("connack timeout"), /^it does not answer/],
    [new Error("it closed the connection"), /^it closed the connection at once/],
  ])("%s", (error, sentence) => {
    expect(words(error)).toMatch(sentence);
    expect(words(error)).not.toMatch(/library/);
  });

  it("that closes a plain connection may want TLS", () => {
    const { remedy } = brokerFault(coded("ECONNRESET"), { url: "mqtt://broker.lan:8883" });
    expect(remedy).toMatch(/does it want TLS \(mqtts:\/\/\)$/);
  });

  it("by its password: the user is named", () => {
    expect(words(coded(4), "me")).toMatch(/^it refuses the user "me"/);
  });

  it("under two addresses: the first one's reason", () => {
    expect(words(new AggregateError([coded("ECONNREFUSED"), coded("EHOSTUNREACH")]))).toMatch(/^nobody/);
  });

  it("for a reason we do not know: in its own words", () => {
    expect(words(new Error("odd"))).toMatch(/^odd; check mqtt\.url/);
    expect(words("odd")).toMatch(/^odd;/);
  });
});
