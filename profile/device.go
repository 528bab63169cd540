package profile

import "slices"

// maxDevices is how many devices a profile keeps: people change phones, and tokens die unannounced.
const maxDevices = 20

// AddDevice adds a device, or does nothing and returns false when the profile has it. Beyond twenty
// the one that was added first goes.
func AddDevice(p *Profile, d Device) bool {
	if slices.Contains(p.Devices, d) {
		return false
	}
	p.Devices = lastDevices(append(slices.Clone(p.Devices), d))
	return true
}

func lastDevices(all []Device) []Device { return all[max(0, len(all)-maxDevices):] }
