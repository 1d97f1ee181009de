import type { JSX } from "solid-js";
import { type Shape, Status, type Tone } from "../../components/status.tsx";
import { t } from "../../i18n/index.ts";
import type { Request } from "./documents.ts";

interface Look {
  readonly tone: Tone;
  readonly shape: Shape;
  readonly label: string;
}

export function isRunning(request: Pick<Request, "status">): boolean {
  return request.status === "PENDING" || request.status === "STREAMING";
}

/** The word, and for what failed the HTTP status that the client saw. */
export function RequestStatusMark(props: {
  readonly request: Pick<Request, "status" | "httpStatus">;
  readonly badge?: boolean;
}): JSX.Element {
  const look = (): Look => {
    const { status, httpStatus } = props.request;
    const word = t().requests.status[status];
    switch (status) {
      case "PENDING":
        return { tone: "info", shape: "dashes", label: word };
      case "STREAMING":
        return { tone: "info", shape: "quarter", label: word };
      case "SUCCESS":
        return { tone: "plain", shape: "disc", label: word };
      case "CANCELLED":
        return { tone: "idle", shape: "ring", label: word };
      case "ERROR":
        return { tone: "err", shape: "cross", label: httpStatus === null ? word : `${word} ${httpStatus}` };
    }
  };
  return <Status tone={look().tone} shape={look().shape} label={look().label} badge={props.badge ?? false} />;
}
