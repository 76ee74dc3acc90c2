// SPDX-License-Identifier: BSD-3-Clause
// One function a topic; module.cpp calls them in turn.
#pragma once

#include <nanobind/nanobind.h>

void bind_arrow(nanobind::module_& m);
void bind_data_updates(nanobind::module_& m);
void bind_errors(nanobind::module_& m);
void bind_filling(nanobind::module_& m);
void bind_header(nanobind::module_& m);
void bind_file(nanobind::module_& m);
void bind_query(nanobind::module_& m);
void bind_runtime(nanobind::module_& m);
void bind_relate(nanobind::module_& m);
void bind_verify(nanobind::module_& m);
void bind_update(nanobind::module_& m);
void bind_write(nanobind::module_& m);
