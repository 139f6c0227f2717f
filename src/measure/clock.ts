import { performance } from 'node:perf_hooks';

/** A monotonic clock. Tests provide their own. */
export interface Clock {
  /** Nanoseconds since an arbitrary fixed moment, as a float. */
  nowNs(): number;
}

/** The system's monotonic clock. As a float of milliseconds it resolves 1 ns for 104 days of uptime. */
export const systemClock: Clock = { nowNs: () => performance.now() * 1e6 };
