/**
 * Coze puts most errors into an HTTP 200 answer, `{code, msg}`. What its codes stand for, from its error page
 * (coze.cn/open/docs/developer_guides/coze_error_codes) and @coze/api's error classes, which take 4013 for a rate limit.
 */
const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  "4008": 402, // the day's calls of this account are used up
  "4009": 503, // too many people at the moment
  "4011": 402, // no Coze tokens left
  "4012": 404, // the bot's model is gone
  "4013": 429,
  "4015": 404, // the bot is not published as an API
  "4019": 402, // account in arrears
  "4020": 429, // more requests per minute than were bought
  "4022": 402, // the model's account is in arrears
  "4100": 401,
  "4101": 403, // the token may not use this bot
  "4102": 503, // stopped by risk control: "try again later"
  "4200": 404,
  "5000": 500,
  "700012006": 401, // access token invalid or expired
};

const CONTENT_CODES: ReadonlySet<string> = new Set(["4014", "4105"]);

/** The HTTP status that a Coze code stands for; 502 for one that nobody knows, null when the body holds no error code. */
export function statusOfCozeCode(code: string): number | null {
  if (!/^\d{4,12}$/.test(code)) return null;
  return STATUS_BY_CODE[code] ?? (code.length === 4 && code.startsWith("4") ? 400 : 502);
}

/** The bot refused this text: nobody's key is to blame. */
export function isCozeContentCode(code: string): boolean {
  return CONTENT_CODES.has(code);
}
