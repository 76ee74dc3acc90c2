// SPDX-License-Identifier: BSD-3-Clause
// A thread decodes a tile of one line, a block of BLOCK pixels at a time into shared memory; its warp
// then scales them and writes the pixels of one tile after the other. What is in capitals is defined
// before the source: TILES of a thread block, WORD_BITS of a pixel, FIELD_BITS and VERBATIM of its
// format, the PIXEL that is written, QUANTIZED, DITHERED, NULL_CODE.
typedef unsigned long long u64;

__device__ inline u64 big_endian(const unsigned* words, unsigned at) {
  return __byte_perm(words[at], 0, 0x0123);
}

struct Bits {  // `held` upper bits of the window count; the words behind them begin at `next`
  const unsigned* words;
  u64 window;
  unsigned held, next, ahead;
  __device__ void begin(const unsigned char* stream) {
    unsigned skipped = (unsigned)((u64)stream % 4) * 8;
    words = (const unsigned*)(stream - skipped / 8);
    window = (big_endian(words, 0) << 32 | big_endian(words, 1)) << skipped;
    held = 64 - skipped;
    ahead = words[2];
    next = 3;
  }
  __device__ void fill() {
    if (held > 32) return;
    window |= (u64)__byte_perm(ahead, 0, 0x0123) << (32 - held);
    held += 32;
    ahead = words[next++];
  }
  __device__ unsigned take(unsigned count) {  // at most 32
    fill();
    unsigned bits = (unsigned)(window >> 1 >> (63 - count));
    window <<= count;
    held -= count;
    return bits;
  }
  __device__ unsigned zeros() {  // up to the next 1, which goes too
    unsigned high = 0;
    fill();
    for (; window == 0 && high < (1u << 20); fill()) {
      high += held;
      held = 0;
    }
    unsigned more = __clzll((long long)window);
    window = window << more << 1;
    held -= more + 1;
    return high + more;
  }
};

extern "C" __global__ void decode(const unsigned char* const* streams, const double* scales,
                                  const double* zeros, const float* random, const int* seeds,
                                  PIXEL* out, int tiles, int width) {
  __shared__ int made[TILES][TILES + 1];
  __shared__ int walk_seed[TILES], walk_next[TILES];
  int lane = threadIdx.x, first = blockIdx.x * blockDim.x;
  int tile = first + lane, count = min((int)blockDim.x, tiles - first);
  bool mine = tile < tiles;
  Bits in;
  unsigned pixel = 0;
  if (mine) {
    in.begin(streams[tile]);
    pixel = in.take(WORD_BITS);
    if (DITHERED) {
      walk_seed[lane] = seeds[tile];
      walk_next[lane] = (int)(random[seeds[tile]] * 500.0f);
    }
  }
  for (int done = 0; done < width; done += BLOCK) {
    int here = min(BLOCK, width - done);
    if (mine) {
      unsigned field = in.take(FIELD_BITS), split = field - 1;
      for (int i = 0; i < here; ++i) {
        if (field != 0) {
          unsigned code = field == VERBATIM + 1 ? in.take(WORD_BITS) : in.zeros() << split;
          if (field != VERBATIM + 1) code += in.take(split);
          pixel += code >> 1 ^ (0 - (code & 1));
        }
        made[lane][i] = pixel;
      }
    }
    __syncwarp();
    for (int t = 0; t < count; ++t) {
      for (int i = lane; i < here; i += blockDim.x) {
        long long at = (long long)(first + t) * width + done + i;
        if (QUANTIZED) {
          int stored = made[t][i];
          double level = stored;
          if (DITHERED) {
            int number = walk_next[t] + i;
            if (number >= 10000)
              number += (int)(random[(walk_seed[t] + 1) % 10000] * 500.0f) - 10000;
            level = level - (double)random[number] + 0.5;
          }
          float value = (float)(level * scales[first + t] + zeros[first + t]);
          out[at] = stored == NULL_CODE ? __int_as_float(0x7fc00000) : value;
        } else {
          out[at] = (PIXEL)made[t][i];
        }
      }
    }
    __syncwarp();
    if (DITHERED && mine && (walk_next[lane] += here) >= 10000) {
      int seed = walk_seed[lane] = (walk_seed[lane] + 1) % 10000;
      walk_next[lane] += (int)(random[seed] * 500.0f) - 10000;
    }
    __syncwarp();
  }
}
