# SPDX-License-Identifier: BSD-3-Clause
"""One module per competitor, all offering the same operations.

Every operation takes the path of a case (a list of paths for ``read_files`` and ``read_batch``)
and returns what a user goes on with: torch tensors in native byte order, freshly in memory, that
no file backs. Text columns may stay what the library returns, if their bytes are in memory.
Each module uses the best idiom that its library documents.

============== ============================ ==========================================
operation      arguments                    result
============== ============================ ==========================================
read_image     path, hdu=0                  tensor
cutouts        path, boxes, hdu=0           list of tensors; opens the file once
read_table     path, columns=None,          dict of name -> tensor or text column
               rows=None (start, stop)      (of cells of variable length: one tensor ``NAME.values``
                                            of all elements and ``NAME.offsets`` of the cells)
header_value   path, key                    value of one keyword
header_values  path                         dict of all keywords with their values
count_hdus     path                         int
read_hdus      path, count                  list of tensors
read_files     paths                        list of tensors, one call per file
read_batch     paths                        one tensor ``[N, ...]``
write_image    path, target,                nothing; the image of ``path``, a tensor in memory since
               compress=None                the first call, is written over the file ``target``
============== ============================ ==========================================

Beside the operations: ``versions()``, ``set_threads(n)`` and ``text(column)``, which gives the
bytes of a text column as a numpy ``S`` array (used by the check of outputs, never timed).
An engine that lacks an operation is left out of the cases that need it.
"""
