import { Field } from 'apache-arrow/fb/field';
import { KeyValue } from 'apache-arrow/fb/key-value';
import { Message } from 'apache-arrow/fb/message';
import { MessageHeader } from 'apache-arrow/fb/message-header';
import { MetadataVersion } from 'apache-arrow/fb/metadata-version';
import { Schema } from 'apache-arrow/fb/schema';
import { Struct_ } from 'apache-arrow/fb/struct-';
import { Timestamp } from 'apache-arrow/fb/timestamp';
import { Type } from 'apache-arrow/fb/type';
import { Union } from 'apache-arrow/fb/union';
import { Builder, type Offset } from 'flatbuffers';
import { describe, expect, it } from 'vitest';
import { columnsOf } from './columns.js';
import { decodeMessage, HEADER } from './format.js';
import { schemaOf } from './schema.js';

/** The metadata of a message with a schema, whose fields and key-value pairs the caller makes. */
function schemaMessage(
  make: (builder: Builder) => { fields: Offset[]; keyValues?: Offset[] },
): Uint8Array<ArrayBuffer> {
  const builder = new Builder(2 ** 20);
  const { fields, keyValues = [] } = make(builder);
  const fieldsVector = Schema.createFieldsVector(builder, fields);
  const metadata = Schema.createCustomMetadataVector(builder, keyValues);
  Schema.startSchema(builder);
  Schema.addFields(builder, fieldsVector);
  Schema.addCustomMetadata(builder, metadata);
  const schema = Schema.endSchema(builder);
  Message.startMessage(builder);
  Message.addVersion(builder, MetadataVersion.V5);
  Message.addHeaderType(builder, MessageHeader.Schema);
  Message.addHeader(builder, schema);
  builder.finish(Message.endMessage(builder));
  return builder.asUint8Array().slice();
}

function fieldOf(builder: Builder, name: Offset, type: Type, value: Offset, children: Offset[] = []): Offset {
  const vector = Field.createChildrenVector(builder, children);
  Field.startField(builder);
  Field.addName(builder, name);
  Field.addTypeType(builder, type);
  Field.addType(builder, value);
  Field.addChildren(builder, vector);
  return Field.endField(builder);
}

const FIELDS = 2000;
const long = 'n'.repeat(100_000);
const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** The columns of the schema in a message, and how many bytes of memory they take. */
function columnsIn(message: Uint8Array) {
  const before = process.memoryUsage().heapUsed;
  const { header } = decodeMessage(message);
  if (header?.type !== HEADER.Schema) throw new Error('no schema');
  const columns = columnsOf(schemaOf(header.value));
  return { columns, bytes: process.memoryUsage().heapUsed - before };
}

/** A few kilobytes of metadata may point to the same thing many times; decoding it again each time would take gigabytes. */
describe('data that very many fields share is decoded once:', () => {
  it('a long name', () => {
    const { columns, bytes } = columnsIn(
      schemaMessage((builder) => {
        const name = builder.createString(long);
        const type = Timestamp.createTimestamp(builder, 0, 0);
        return { fields: times(FIELDS, () => fieldOf(builder, name, Type.Timestamp, type)) };
      }),
    );
    expect(new Set(columns.map(({ name }) => name))).toEqual(new Set([long]));
    expect(bytes).toBeLessThan(50e6);
  });

  it('a long key and its value', () => {
    const before = process.memoryUsage().heapUsed;
    const { header } = decodeMessage(
      schemaMessage((builder) => {
        const text = builder.createString(long);
        return { fields: [], keyValues: times(FIELDS, () => KeyValue.createKeyValue(builder, text, text)) };
      }),
    );
    expect(header).toMatchObject({ value: { customMetadata: { length: FIELDS } } });
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50e6);
  });

  it("a time zone, whose text is shortened in the type's description", () => {
    const { columns, bytes } = columnsIn(
      schemaMessage((builder) => {
        const [name, zone] = [builder.createString('a'), builder.createString(`first${long}last`)];
        const type = Timestamp.createTimestamp(builder, 0, zone);
        return { fields: times(FIELDS, () => fieldOf(builder, name, Type.Timestamp, type)) };
      }),
    );
    expect(columns.at(-1)!.type).toMatch(/^Timestamp<SECOND, firstn+…n+last>$/);
    expect(columns.at(-1)!.type.length).toBeLessThanOrEqual(1000);
    expect(bytes).toBeLessThan(50e6);
  });

  it('the type ids of a union', () => {
    const { columns, bytes } = columnsIn(
      schemaMessage((builder) => {
        const name = builder.createString('a');
        const numbers = Union.createTypeIdsVector(
          builder,
          times(50_000, (i) => i),
        );
        const type = Union.createUnion(builder, 0, numbers);
        return { fields: times(FIELDS, () => fieldOf(builder, name, Type.Union, type)) };
      }),
    );
    expect(columns).toHaveLength(FIELDS);
    expect(bytes).toBeLessThan(50e6);
  });

  it('the fields of nested structs, whose descriptions do not grow with the nesting', () => {
    const { columns, bytes } = columnsIn(
      schemaMessage((builder) => {
        const name = builder.createString(long);
        const type = Timestamp.createTimestamp(builder, 0, 0);
        Struct_.startStruct_(builder);
        const struct = Struct_.endStruct_(builder);
        const leaves = times(FIELDS, () => fieldOf(builder, name, Type.Timestamp, type));
        const inner = fieldOf(builder, name, Type.Struct_, struct, leaves);
        return { fields: [fieldOf(builder, name, Type.Struct_, struct, [inner])] };
      }),
    );
    expect(columns).toHaveLength(1);
    expect(columns[0]!.type).toMatch(/^Struct<\{nn.*Timestamp<SECOND>\}>/);
    expect(columns[0]!.type.length).toBeLessThanOrEqual(1000);
    expect(bytes).toBeLessThan(50e6);
  });
});

it('thousands of fields that share all their data are read', () => {
  const { columns } = columnsIn(
    schemaMessage((builder) => {
      const type = Timestamp.createTimestamp(builder, 0, 0);
      const field = fieldOf(builder, builder.createString('a'), Type.Timestamp, type);
      return { fields: times(20_000, () => field) };
    }),
  );
  expect(columns).toHaveLength(20_000);
});

describe('metadata is refused', () => {
  it('if long strings overlap', () => {
    const message = schemaMessage((builder) => {
      const type = Timestamp.createTimestamp(builder, 0, 0);
      // At each position, the words read as a string of 65,795 bytes that a zero byte follows.
      const words = new Uint8Array(300_000).map((_, i) => [3, 1, 1, 0][i % 4]!);
      const string = builder.createString(words);
      const names = times(2000, (i) => string - 4 - 4 * i);
      return { fields: names.map((name) => fieldOf(builder, name, Type.Timestamp, type)) };
    });
    expect(() => decodeMessage(message)).toThrow(/a string at \d+ that overlaps others/);
  });

  it('if it has more tables than would fit in it', () => {
    const message = schemaMessage((builder) => {
      const name = builder.createString('a');
      Struct_.startStruct_(builder);
      const struct = Struct_.endStruct_(builder);
      const type = Timestamp.createTimestamp(builder, 0, 0);
      let field = fieldOf(builder, name, Type.Timestamp, type);
      // Two million fields in the end.
      for (let depth = 0; depth < 21; depth++)
        field = fieldOf(builder, name, Type.Struct_, struct, [field, field]);
      builder.createString('x'.repeat(500_000));
      return { fields: [field] };
    });
    const began = performance.now();
    expect(() => decodeMessage(message)).toThrow(/too many/);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});
