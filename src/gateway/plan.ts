import { GatewayError } from "../errors.ts";
import type { Wire } from "../llm/names.ts";
import { leavesChat, needsResponses, type Service, serviceOf } from "../providers/wires.ts";
import type { KeyEntry } from "../snapshot.ts";
import type { Admitted } from "./admit.ts";
import type { KeyBinding } from "./bound-ids.ts";
import { inClientsTerms } from "./continuation.ts";
import type { Exchange } from "./exchange.ts";
import type { PlacedFiles } from "./files/copies.ts";
import { type JsonBody, readEffort, readHasTools } from "./json-body.ts";
import { type OperationCall, OperationRequest } from "./operation-call.ts";
import type { RouteTarget } from "./route.ts";
import { type TranslatedCall, Translator } from "./translator.ts";

/**
 * Decides for each target in which format it is asked, and makes what goes up when that is not the client's own. The client's body is
 * read only once somebody needs it read.
 */
export class Planner {
  #translator: Translator | null = null;
  /** For the target that was decided on last, when the request is no conversation. */
  #operation: OperationRequest | null = null;
  /** Why the first target could not be sent this request; null when none was passed over for that. */
  refusal: GatewayError | null = null;

  constructor(
    private readonly exchange: Exchange,
    private readonly admitted: Admitted,
  ) {}

  /**
   * The targets in the order to ask. A request that names what one key made can only go to that key's provider; one that goes on with
   * what a key signed goes there first.
   */
  targets(): readonly RouteTarget[] {
    const { targets, binding } = this.admitted;
    if (binding !== null) {
      const bound = targets.filter((target) => target.provider.id === binding.providerId);
      return bound.length > 0 ? bound : targets;
    }
    if (targets.length < 2 || this.#serviceOf(targets[0]!).how !== "translated") return targets;
    const maker = this.#readMaker();
    if (maker === null) return targets;
    const first = targets.filter((target) => target.provider.id === maker.providerId);
    return first.length === 0 ? targets : [...first, ...targets.filter((target) => !first.includes(target))];
  }

  /** Who made what this conversation goes on with; null until a format other than the client's was decided on. */
  get maker(): KeyBinding | null {
    return this.#translator?.maker ?? null;
  }

  /** The format in which a target is asked; null: the client's bytes go up; undefined: it cannot be asked, `refusal` says why. */
  wireFor(target: RouteTarget): Wire | null | undefined {
    const { body } = this.admitted;
    const service = this.#serviceOf(target);
    if (body.kind !== "json" || (service.how === "native" && service.bridge === null)) return null;
    try {
      if (service.how === "operation") {
        this.#operation = new OperationRequest(this.exchange, body, target, service);
        return service.wire;
      }
      const wire = this.#decide(target, service, body);
      if (wire !== null) this.#translate(body).read();
      return wire;
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** The call in that format, with the large files where this key has placed them; undefined as above. */
  callFor(
    target: RouteTarget,
    key: KeyEntry,
    wire: Wire,
    files: PlacedFiles | null = null,
  ): TranslatedCall | OperationCall | undefined {
    try {
      if (this.#operation !== null) return files === null ? this.#operation.callFor(key) : undefined;
      return this.#translator!.callFor(target, key, wire, files);
    } catch (error) {
      return this.#refuse(error);
    }
  }

  /** From now on nothing that a vendor signed goes up. False when there was nothing, or nothing left. */
  forgetSignatures(): boolean {
    return this.#translator?.forgetSignatures() ?? false;
  }

  /** This target was passed over, too. */
  passOver(refusal: GatewayError): void {
    this.refusal ??= inClientsTerms(refusal, this.exchange);
  }

  #refuse(error: unknown): undefined {
    if (!(error instanceof GatewayError)) throw error;
    this.passOver(error);
  }

  /** The model decides too: some of OpenAI's take tools only at /responses, by the table of models or by their own word. */
  #decide(target: RouteTarget, service: Service, body: JsonBody): Wire | null {
    const learned = this.exchange.gateway.quirks.bridgeOf(target);
    const { traits, upstreamModel: model } = target;
    if (service.how === "native") {
      if (learned === "always") return service.bridge;
      if (learned === null && !traits.toolsNeedResponses) return null;
      const needs = { hasTools: readHasTools(body), effort: readEffort(body) };
      const isLearned = learned !== null && needs.hasTools && needs.effort !== "none";
      return isLearned || leavesChat(needs, traits) ? service.bridge : null;
    }
    if (service.how !== "translated") return null;
    if (service.bridge === null) return service.wire;
    const { request } = this.#translate(body).read();
    const isLearned = learned === "always" || (learned === "tools" && request.tools.length > 0);
    return isLearned || needsResponses(request, { model, traits }) ? service.bridge : service.wire;
  }

  #serviceOf(target: RouteTarget): Service {
    return serviceOf(this.exchange.incoming.endpoint.id, target.provider.kind);
  }

  #translate(body: JsonBody): Translator {
    this.#translator ??= new Translator(this.exchange, body);
    return this.#translator;
  }

  /** Who made it, before anybody is asked; null when nobody did, or when the body cannot be read (`wireFor` will say so). */
  #readMaker(): KeyBinding | null {
    const { body } = this.admitted;
    if (body.kind !== "json") return null;
    try {
      return this.#translate(body).read().maker;
    } catch {
      return null;
    }
  }
}
