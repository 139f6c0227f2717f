import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { elfFault } from './elf.js';
import { faultBeforeLoading } from './loader-path.js';

const folder = mkdtempSync(join(tmpdir(), 'pinbench-elf-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A real library: koffi's own for Linux on x64, wherever the tests run. */
const whole = (() => {
  try {
    return readFileSync('node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node');
  } catch {
    return undefined;
  }
})();

let files = 0;
function fileOf(bytes: Uint8Array): string {
  files += 1;
  const path = join(folder, `lib${files}.so`);
  writeFileSync(path, bytes);
  return path;
}

/** The library with something else at an offset. */
function changed(change: (bytes: Buffer) => void): string {
  const bytes = Buffer.from(whole!);
  change(bytes);
  return fileOf(bytes);
}

const at = (path: string) => elfFault(path, 'x64');

describe.skipIf(whole === undefined)('a 64-bit ELF library', () => {
  it('is whole as it is, and where it is stripped of its sections', () => {
    expect(at(fileOf(whole!))).toBeUndefined();
    const stripped = (bytes: Buffer) => {
      bytes.writeBigUInt64LE(0n, 40);
      bytes.writeUInt16LE(0, 60);
    };
    expect(at(changed(stripped))).toBeUndefined();
  });

  it('is damaged wherever it is cut, if only by a byte', () => {
    const lengths = [4, 20, 63, 64, 100, 700, 3000, 4096, 65_536, whole!.length >> 1, whole!.length - 1];
    for (const length of lengths) {
      expect([length, at(fileOf(whole!.subarray(0, length)))]).toEqual([length, 'damaged']);
    }
  });

  it('is damaged where it is cut and has no sections: what is to be mapped is not there', () => {
    const path = changed((bytes) => {
      bytes.writeBigUInt64LE(0n, 40);
      bytes.writeUInt16LE(0, 60);
    });
    const cut = readFileSync(path).subarray(0, whole!.length >> 1);
    expect(at(fileOf(cut))).toBe('damaged');
  });

  it('is damaged where its headers name more than a number can hold', () => {
    for (const place of [32, 40]) {
      expect(at(changed((bytes) => bytes.writeBigUInt64LE(2n ** 64n - 1n, place)))).toBe('damaged');
    }
    expect(at(changed((bytes) => bytes.writeUInt16LE(0, 56)))).toBe('damaged');
    expect(at(changed((bytes) => bytes.writeUInt16LE(8, 54)))).toBe('damaged');
  });

  it('is none for this system where it is of 32 bits, of the other byte order or for another machine', () => {
    expect(at(changed((bytes) => bytes.writeUInt8(1, 4)))).toBe('not-a-library');
    expect(at(changed((bytes) => bytes.writeUInt8(2, 5)))).toBe('not-a-library');
    expect(elfFault(fileOf(whole!), 'arm64')).toBe('not-a-library');
    expect(at(changed((bytes) => bytes.writeUInt16LE(183, 18)))).toBe('not-a-library');
    expect(
      elfFault(
        changed((bytes) => bytes.writeUInt16LE(183, 18)),
        'arm64',
      ),
    ).toBeUndefined();
    // Of what Node runs on besides, the loader knows its own.
    expect(elfFault(fileOf(whole!), 'riscv64')).toBeUndefined();
  });

  it('is left to the loader where it is none, empty or a folder', () => {
    for (const content of ['', '\x7fEL', '#!/bin/sh\n', 'MZ'.repeat(100)]) {
      expect(at(fileOf(Buffer.from(content, 'latin1')))).toBeUndefined();
    }
    expect(at(folder)).toBeUndefined();
    expect(at(join(folder, 'none.so'))).toBe('absent');
  });
});

describe.skipIf(whole === undefined || process.platform !== 'linux')('a library by its name alone', () => {
  /** A folder with such a file. */
  const folderWith = (name: string, bytes: Uint8Array) => {
    const path = join(folder, name);
    mkdirSync(path);
    writeFileSync(join(path, 'libnamed.so.1'), bytes);
    return path;
  };
  const native = Buffer.from(whole ?? '');
  if (process.arch === 'arm64') native.writeUInt16LE(183, 18);
  const cut = native.subarray(0, 3000);
  const foreign = Buffer.from(native);
  if (whole !== undefined) foreign.writeUInt16LE(8, 18);
  const named = (libraryPath: string, cached: readonly string[] = []) => {
    const cache = fileOf(Buffer.from(`glibc-ld.so.cache1.1\0libnamed.so.1\0${cached.join('\0')}\0`));
    return faultBeforeLoading('libnamed.so.1', libraryPath, cache);
  };

  it('is looked at where the loader finds it first', () => {
    const [good, bad, other] = [
      folderWith('good', native),
      folderWith('bad', cut),
      folderWith('other', foreign),
    ];
    const fault = { file: join(bad, 'libnamed.so.1'), fault: 'damaged' };
    expect(named(bad)).toEqual(fault);
    expect(named(`${good}:${bad}`)).toBeUndefined();
    // Passed over, as a folder without it is.
    expect(named(`${folder};${other}:${bad}`)).toEqual(fault);
    expect(named('', [join(bad, 'libnamed.so.1')])).toEqual(fault);
    expect(named(good, [join(bad, 'libnamed.so.1')])).toBeUndefined();
    expect(named('', [join(bad, 'libnamed.so.10')])).toBeUndefined();
    expect(named('')).toBeUndefined();
    expect(faultBeforeLoading('libnamed.so.1', undefined, join(folder, 'none'))).toBeUndefined();
  });

  it('is not taken from a folder that LD_LIBRARY_PATH names by a relative path', () => {
    const [own, elsewhere] = [folderWith('own', native), folderWith('elsewhere', native)];
    const near = relative(process.cwd(), own);
    const fault = { file: join(near, 'libnamed.so.1'), fault: 'working-folder' };
    expect(named(`${folder}:${near}:${elsewhere}`)).toEqual(fault);
    expect(named(`${elsewhere}:${near}`)).toBeUndefined();
  });

  it('is looked at by its path where it has one', () => {
    const [damaged, alien] = [fileOf(cut), fileOf(foreign)];
    expect(faultBeforeLoading(damaged, undefined)).toEqual({ file: damaged, fault: 'damaged' });
    expect(faultBeforeLoading(alien, undefined)).toEqual({ file: alien, fault: 'not-a-library' });
    expect(faultBeforeLoading(fileOf(native), undefined)).toBeUndefined();
    expect(faultBeforeLoading(join(folder, 'none.so'), undefined)).toBeUndefined();
  });
});
