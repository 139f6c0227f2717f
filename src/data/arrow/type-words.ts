import { shortenedInMiddle } from '../../text.js';
import type { TypeName, TypeParameters } from './format.js';

/** What a type in words needs to know of a child field. */
interface Named {
  readonly name: string;
  readonly typeWords: string;
}

/** Maximum length of a type in words: a type with many fields would be very long, and every enclosing field would repeat it. */
const MAX_TYPE_CHARACTERS = 1000;

/** The most decimal digits of a number of so many bits (Arrow's Schema.fbs, "Decimal"). */
const MAX_DIGITS: Readonly<Record<number, number>> = { 32: 9, 64: 18, 128: 38, 256: 76 };
const UNITS = ['SECOND', 'MILLISECOND', 'MICROSECOND', 'NANOSECOND'];

/**
 * Describes a type, mostly in the words of apache-arrow for JavaScript; a very long text is shortened in the middle. Throws a
 * RangeError if a parameter has a value that the format does not have.
 */
export function typeInWords(type: TypeName, parameters: TypeParameters, children: readonly Named[]): string {
  return shortenedInMiddle(wordsOf(type, parameters, children), MAX_TYPE_CHARACTERS);
}

function wordsOf(type: TypeName, parameters: TypeParameters, children: readonly Named[]): string {
  const {
    bitWidth = 0,
    precision = 0,
    scale,
    unit,
    timezone,
    mode,
    byteWidth = 0,
    listSize = 0,
  } = parameters;
  switch (type) {
    case 'Int':
      return intWords(parameters);
    case 'FloatingPoint':
      return `Float${oneOf([16, 32, 64], precision)}`;
    case 'Decimal':
      mustBeOneOf([32, 64, 128, 256], bitWidth);
      if (precision < 1 || precision > MAX_DIGITS[bitWidth]!)
        throw new RangeError(`${precision} decimal digits`);
      return `Decimal${bitWidth}[${precision}, ${scale}]`;
    case 'Date':
      return oneOf(['Date32<DAY>', 'Date64<MILLISECOND>'], unit);
    case 'Time':
      mustBeOneOf(unit! < 2 ? [32] : [64], bitWidth);
      return `Time${bitWidth}<${oneOf(UNITS, unit)}>`;
    case 'Timestamp':
      return `Timestamp<${oneOf(UNITS, unit)}${timezone ? `, ${shortenedInMiddle(timezone, MAX_TYPE_CHARACTERS)}` : ''}>`;
    case 'Duration':
      return `Duration<${oneOf(UNITS, unit)}>`;
    case 'Interval':
      return `Interval<${oneOf(['YEAR_MONTH', 'DAY_TIME', 'MONTH_DAY_NANO'], unit)}>`;
    case 'Struct':
      return `Struct<{${listed(children, ({ name, typeWords }) => `${shortenedInMiddle(name, MAX_TYPE_CHARACTERS)}:${typeWords}`)}}>`;
    case 'Union':
      mustBeOneOf([0, 1], mode);
      return `Union<${innerWords(children)}>`;
    case 'FixedSizeBinary':
      if (byteWidth < 0) throw new RangeError(`binary of ${byteWidth} bytes`);
      return `FixedSizeBinary[${byteWidth}]`;
    case 'FixedSizeList':
      if (listSize < 0) throw new RangeError(`lists of ${listSize} elements`);
      return `FixedSizeList[${listSize}]<${innerWords(children)}>`;
    default:
      return children.length === 0 ? type : `${type}<${innerWords(children)}>`;
  }
}

const innerWords = (children: readonly Named[]) => listed(children, ({ typeWords }) => typeWords);

/** Joins the descriptions of fields with commas, as far as they will be shown: the first ones and the last. */
function listed(fields: readonly Named[], wordsOfOne: (field: Named) => string): string {
  let words = '';
  for (const [i, field] of fields.entries()) {
    if (words.length > MAX_TYPE_CHARACTERS) return `${words}, …, ${wordsOfOne(fields.at(-1)!)}`;
    words += `${i === 0 ? '' : ', '}${wordsOfOne(field)}`;
  }
  return words;
}

export function intWords({ bitWidth, isSigned }: TypeParameters): string {
  // Integers wider than 64 bits are not in the format today; their columns are named and left out.
  mustBeOneOf([8, 16, 32, 64, 128, 256], bitWidth);
  return `${isSigned ? 'Int' : 'Uint'}${bitWidth}`;
}

function mustBeOneOf(allowed: readonly number[], seen: number | undefined): void {
  if (!allowed.includes(seen!))
    throw new RangeError(`a type parameter of ${seen}, expected ${allowed.join(' or ')}`);
}

export function oneOf<T>(names: readonly T[], index: number | undefined): T {
  const name = names[index!];
  if (name === undefined)
    throw new RangeError(`a type parameter of ${index}, expected 0 to ${names.length - 1}`);
  return name;
}
