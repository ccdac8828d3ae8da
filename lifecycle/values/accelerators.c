/* SPDX-License-Identifier: Apache-2.0 */
#include "lifecycle/values/accelerators.h"

#define NVIDIA 0x10de
#define AMAZON 0x1d0f
#define CLASS_VGA 0x0300
#define CLASS_3D 0x0302

static bool is_neuron(uint32_t device)
{
	return (device >= 0x7064 && device <= 0x7067) || device == 0x7164 || device == 0x7264 ||
	       device == 0x7364 || device == 0x7564 || device == 0x7565;
}

bool accelerator_is_nvidia_gpu(const struct probe_pci *p)
{
	uint32_t class = p->class >> 8;

	return p->vendor == NVIDIA && (class == CLASS_VGA || class == CLASS_3D);
}

struct accelerators accelerators_count(const struct probe_pcis *pci)
{
	struct accelerators a = { 0 };

	for (size_t i = 0; i < pci->n; i++) {
		const struct probe_pci *p = &pci->item[i];

		if (accelerator_is_nvidia_gpu(p))
			a.nvidia++;
		else if (p->vendor == AMAZON && is_neuron(p->device))
			a.neuron++;
		else if (p->vendor == AMAZON && p->device >= 0xefa0 && p->device <= 0xefa4)
			a.efa++;
	}
	return a;
}
