import type { ComponentProps } from 'react';

export type Option = { value: string; label: string };
type Props = ComponentProps<'input'> & {
  form: string;
  name: string;
  label: string;
  rows?: number;
  options?: readonly Option[];
};

/** A labelled input, text area (`rows`) or select (`options`). */
export function Field({ form, name, label, rows, options, ...input }: Props) {
  const shared = { name, 'data-testid': `${form}-${name}`, required: input.required, defaultValue: input.defaultValue };
  return (
    <label>
      <span>{label}</span>
      {options ? (
        <select key={String(input.defaultValue)} {...shared}>
          {options.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      ) : rows ? (
        <textarea rows={rows} {...shared} />
      ) : (
        <input {...input} {...shared} />
      )}
    </label>
  );
}
