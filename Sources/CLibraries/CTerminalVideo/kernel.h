#ifndef KERNEL_H
#define KERNEL_H

#if defined(__x86_64__) && defined(__gnu_linux__)
#define KERNEL __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define KERNEL
#endif

#endif
