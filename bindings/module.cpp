// SPDX-License-Identifier: BSD-3-Clause
#include "bindings.h"

NB_MODULE(_core, m) {
  m.doc() = "The C++ core of torchfits. Private: use the functions of the package torchfits.";
  bind_errors(m);
  bind_header(m);
  bind_file(m);
  bind_query(m);
  bind_runtime(m);
  bind_relate(m);
  bind_verify(m);
  bind_write(m);
  bind_update(m);
  bind_filling(m);
  bind_data_updates(m);
  bind_arrow(m);
}
