import { type JSX, Show } from "solid-js";
import { errorOf, type UserErrorLike } from "../../api/mutation.ts";
import fieldStyles from "../../components/field.module.css";
import { CheckField, FieldRow, TextField } from "../../components/field.tsx";
import { formatMoneyExact } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import type { Model } from "./documents.ts";
import type { ModelDraft } from "./model-form.ts";

/** A price of one's own, or the bundled list's. */
export function PriceFields(props: {
  readonly draft: ModelDraft;
  readonly set: (change: Partial<ModelDraft>) => void;
  readonly errors: readonly UserErrorLike[];
  readonly builtin: Model["price"];
}): JSX.Element {
  const hint = () => {
    if (props.builtin)
      return t().models.builtinPrice(formatMoneyExact(props.builtin.input), formatMoneyExact(props.builtin.output));
    return t().models.noOwnPrice;
  };
  return (
    <fieldset class={fieldStyles.set}>
      <legend>{t().models.price}</legend>
      <CheckField
        label={t().models.ownPrice}
        hint={hint()}
        checked={props.draft.hasOwnPrice}
        onChange={(hasOwnPrice) => props.set({ hasOwnPrice })}
      />
      <Show when={props.draft.hasOwnPrice}>
        <FieldRow>
          <Price label={t().models.parts.INPUT} name="input" {...props} />
          <Price label={t().models.parts.OUTPUT} name="output" {...props} />
          <Price label={t().models.parts.CACHE_READ} name="cacheRead" optional {...props} />
          <Price label={t().models.parts.CACHE_WRITE} name="cacheWrite" optional {...props} />
          <Price
            label={t().models.parts.REASONING}
            name="reasoning"
            optional
            placeholder={props.draft.output || t().models.asOutput}
            {...props}
          />
          <Price label={t().models.parts.REQUEST} name="perRequest" optional {...props} />
        </FieldRow>
      </Show>
      <Show when={errorOf(props.errors, "price")}>
        {(message) => (
          <p class={fieldStyles.error} role="alert">
            {message()}
          </p>
        )}
      </Show>
    </fieldset>
  );
}

function Price(props: {
  readonly label: string;
  readonly name: "input" | "output" | "cacheRead" | "cacheWrite" | "reasoning" | "perRequest";
  readonly optional?: boolean;
  readonly placeholder?: string;
  readonly draft: ModelDraft;
  readonly set: (change: Partial<ModelDraft>) => void;
  readonly errors: readonly UserErrorLike[];
}): JSX.Element {
  return (
    <TextField
      label={props.label}
      optional={props.optional ?? false}
      kind="number"
      min={0}
      step="any"
      placeholder={props.placeholder ?? "0.00"}
      value={props.draft[props.name]}
      onInput={(value) => props.set({ [props.name]: value })}
      error={errorOf(props.errors, `price.${props.name}`)}
    />
  );
}
