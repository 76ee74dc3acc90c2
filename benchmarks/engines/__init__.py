# SPDX-License-Identifier: BSD-3-Clause
"""One module per competitor, all offering the same operations.

Every operation takes the path of a case (a list of paths where it says so) and returns what a user
goes on with: torch tensors in native byte order, freshly in memory, that no file backs. Text
columns may stay what the library returns, if their bytes are in memory. Each module uses the best
idiom that its library documents.

=============== =========================== ==========================================
operation       arguments                   result
=============== =========================== ==========================================
read_image      path, hdu=0                 tensor
cutouts         path, boxes, hdu=0          list of tensors; opens the file once
section         path, bounds, hdu=0         tensor; ``bounds`` are (start, stop) of every axis
read_table      path, columns=None,         dict of name -> tensor or text column
                rows=None (start, stop),    (of cells of variable length: one tensor ``NAME.values``
                where=None ("X > 1.5")      of all elements and ``NAME.offsets`` of the cells)
scan_table      path, column,               reads all columns in batches; tensor of the largest
                batch_rows=65536            value of one column in each
header_value    path, key                   value of one keyword
header_values   path                        dict of all keywords with their values
header_of_files paths, keys                 list of lists: values of some keywords of each file
count_hdus      path                        int
read_hdus       path, count                 list of tensors
read_files      paths                       list of tensors, one call per file
read_batch      paths                       one tensor ``[N, ...]``
read_epoch      paths, workers=0            some pixels of each file; all of it goes through a
                                            `DataLoader` by way of ``read_batch``
write_image     path, target,               nothing; the image of ``path``, a tensor in memory since
                compress=None,              the first call, is written over the file ``target``
                checksum=False
write_table     path, target                the same with the table of ``path``
append_image    path, side                  nothing; adds an image to the end of ``path``
set_key         paths, key, value           nothing; changes a keyword of the primary HDUs
verify_sums     path                        whether DATASUM and CHECKSUM of all HDUs are right
filter_table    path, where                 dict of name -> column; the tables of ``path`` are in
                                            memory since the first call, as the library keeps them
group_table     path, key                   the same: count, mean and maximum of X in each group
join_tables     path, key, how              the same: the left table and column Y of the right one
=============== =========================== ==========================================

Beside the operations: ``versions()``, ``set_threads(n)`` and ``text(column)``, which gives the
bytes of a text column as a numpy ``S`` array (used by the check of outputs, never timed).
An engine that lacks an operation is left out of the cases that need it.
"""
