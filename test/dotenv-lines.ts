/** One table of lines and values for every reader of a settings file: the server's .env, the agents, `docker --env-file`. */

export interface SettingsLine {
  about: string;
  /** What stands behind NAME, from the equals sign on. */
  text: string;
  /** The value of a plain setting; null where the line is refused. */
  value: string | null;
  /** The value of an agent's command, where it differs: the shell that runs it knows quotes and comments itself. */
  command?: string;
  /** What a secret becomes when docker passed the line, where it differs from `value`: a # may belong to it. */
  docker?: string;
}

export const settingsLines: readonly SettingsLine[] = [
  { about: "a plain value", text: "=nas", value: "nas" },
  { about: "nothing", text: "=", value: "" },
  {
    about: "nothing but a comment",
    text: "=   # the broker",
    value: "",
    docker: "   # the broker",
  },
  { about: "a value that begins with a #", text: "=#Go#Example1-8883", value: "#Go#Example1-8883" },
  { about: "a # within the value", text: "=pa#ss", value: "pa#ss" },
  {
    about: "a comment behind the value, as in the README",
    text: "=10            # seconds",
    value: "10",
    command: "10            # seconds",
    docker: "10            # seconds",
  },
  {
    about: "a value that begins with a #, and a comment",
    text: "=#x # y",
    value: "#x",
    command: "#x # y",
    docker: "#x # y",
  },
  { about: "double quotes", text: '="systemctl poweroff"', value: "systemctl poweroff" },
  { about: "single quotes", text: "='systemctl poweroff'", value: "systemctl poweroff" },
  {
    about: "double quotes and a comment",
    text: '="/usr/sbin/shutdown -h now"   # switch it off',
    value: "/usr/sbin/shutdown -h now",
    docker: '"/usr/sbin/shutdown -h now"   # switch it off',
  },
  {
    about: "single quotes and a comment close behind them",
    text: "='k e y'# key of this machine",
    value: "k e y",
    docker: "'k e y'# key of this machine",
  },
  { about: "a # in quotes", text: '="pa#ss"', value: "pa#ss" },
  {
    about: "a blank and a # in single quotes",
    text: "='pa # ss'",
    value: "pa # ss",
  },
  { about: "empty quotes", text: '=""', value: "" },
  { about: "blanks around the equals sign", text: " = spaced  ", value: "spaced", docker: "-" },
  { about: "more equals signs", text: "=a=b=c", value: "a=b=c" },
  { about: "a quote within a word", text: "=it's", value: "it's" },
  { about: "a backslash before the closing quote", text: "='C:\\'", value: "C:\\" },
  {
    about: "a quote within quotes",
    text: '="pa"ss"',
    value: 'pa"ss',
    command: '"pa"ss"',
  },
  {
    about: "two quoted words of a command",
    text: '="/opt/my app/stop" "a b" # tail',
    value: '/opt/my app/stop" "a b',
    command: '"/opt/my app/stop" "a b" # tail',
    docker: '"/opt/my app/stop" "a b" # tail',
  },
  { about: "a quote that is never closed", text: '="half', value: null, command: '"half' },
  { about: "a Windows line end", text: "=nas\r", value: "nas" },
  { about: "shell syntax", text: "=$(reboot) `reboot` $HOME", value: "$(reboot) `reboot` $HOME" },
];

/** Whole files: a value for A and B each. */
export const settingsFiles: readonly { about: string; text: string; a: string; b: string }[] = [
  { about: "a byte order mark", text: "\uFEFFA=1\nB=2\n", a: "1", b: "2" },
  { about: "Windows line ends", text: "\uFEFFA=1\r\nB=2\r\n", a: "1", b: "2" },
  { about: "line ends of an old Mac", text: "A=1\rB=2\r", a: "1", b: "2" },
  { about: "no line end at the end", text: "A=1\nB=2", a: "1", b: "2" },
  {
    about: "comments, blank lines, export and indentation",
    text: "# a comment\n\n  # another\nexport A=1\n  B = 2  # tail\n",
    a: "1",
    b: "2",
  },
];

/**
 * What `docker run --env-file` passes on for a line, null where docker refuses it: blanks before the name are dropped,
 * a blank in the name is refused, everything behind the first equals sign stays as it is
 * (docker/cli, opts/file.go and pkg/kvfile).
 */
export function dockerValue(line: string): string | null {
  const text = line
    .replace(/^\uFEFF/, "")
    .replace(/\r$/, "")
    .trimStart();
  const at = text.indexOf("=");
  const name = at < 0 ? text : text.slice(0, at);
  return at < 0 || /\s/.test(name) ? null : text.slice(at + 1);
}

/** Names that nobody knows, and the name that was meant. */
export const nearMisses: readonly [line: string, meant: string][] = [
  ["agent_id=nas", "AGENT_ID"],
  ["AGENTID=nas", "AGENT_ID"],
  ["AGENTKEY=k", "AGENT_KEY"],
  ["Agent-Key=k", "AGENT_KEY"],
  ["MQTTPASS=x", "MQTT_PASS"],
  ["MQTT_PASSWORD=x", "MQTT_PASS"],
  ["MQTT_HOSTS=x", "MQTT_HOST"],
  ["DRYRUN=on", "DRY_RUN"],
  ["DEAD_MAN=off", "DEADMAN"],
  ["SHUTDWON_CMD=true", "SHUTDOWN_CMD"],
  ["PRE_SHUTDOWN_CMD1=true", "PRE_SHUTDOWN_CMD_1"],
  ["POSTABORT_CMD_2=true", "POST_ABORT_CMD_2"],
  ["shutdown_cmd=true", "SHUTDOWN_CMD"],
];
