import { packSignature, type Signature, type SignaturePlace } from "../../llm/signature.ts";
import type { ContentPart, OutputItem } from "./output-items.ts";
import type { ItemStatus } from "./response-object.ts";

/** Called with each event that a stream shows, in order; whole answers show none. */
export type Emit = (type: string, fields: Readonly<Record<string, unknown>>) => void;

/** What the events of an item are named by. */
export interface ItemPlace {
  readonly item_id: string;
  readonly output_index: number;
}

export interface OpenMessage extends ItemPlace {
  /** Its finished parts. */
  readonly content: ContentPart[];
}

/** Output items one after the other: each is added, filled by its blocks, and done before the next (scenario L04). */
export interface ItemLadder {
  readonly emit: Emit;
  /** The finished items. */
  readonly items: readonly OutputItem[];
  readonly isEmpty: boolean;
  /** Begins an item, which ends the one before; `begun` is what it shows at once, `done` what it is in the end. */
  open(prefix: string, begun: object, done: (id: string, status: ItemStatus) => OutputItem): ItemPlace;
  /** The message that is open, or a new one: texts that follow each other are parts of one message. */
  openMessage(): OpenMessage;
  /**
   * An item of its own for a signature that has no field in this format. Clients echo only a reasoning item's `encrypted_content`
   * unread (wire.md 2.4, 2.10; scenario L14), and Codex sends no item ids back, so the content itself says where it belongs.
   */
  carry(signature: Signature, place: SignaturePlace): void;
  /** Only where the next item begins, or the answer finishes, is it known whether an item is complete. */
  close(status: ItemStatus): void;
}

export function createItemLadder(idSuffix: string, emit: Emit): ItemLadder {
  const items: OutputItem[] = [];
  let finishItem: ((status: ItemStatus) => OutputItem) | null = null;
  let message: OpenMessage | null = null;

  const close = (status: ItemStatus) => {
    if (finishItem === null) return;
    const item = finishItem(status);
    emit("response.output_item.done", { output_index: items.length, item });
    items.push(item);
    finishItem = null;
    message = null;
  };

  const open: ItemLadder["open"] = (prefix, begun, done) => {
    close("completed");
    const id = `${prefix}_${idSuffix}_${items.length}`;
    finishItem = (status) => done(id, status);
    emit("response.output_item.added", { output_index: items.length, item: { id, ...begun } });
    return { item_id: id, output_index: items.length };
  };

  return {
    emit,
    items,
    get isEmpty() {
      return items.length === 0 && finishItem === null;
    },
    open,
    openMessage: () => {
      if (message !== null) return message;
      const content: ContentPart[] = [];
      const begun = { type: "message", status: "in_progress", role: "assistant", content: [] };
      const place = open("msg", begun, (id, status) => ({ type: "message", id, status, role: "assistant", content }));
      message = { ...place, content };
      return message;
    },
    carry: (signature, place) => {
      const encrypted_content = packSignature(signature, place);
      open("rs", { type: "reasoning", summary: [] }, (id) => ({
        type: "reasoning",
        id,
        summary: [],
        encrypted_content,
      }));
    },
    close,
  };
}
