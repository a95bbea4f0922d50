/* SPDX-License-Identifier: GPL-2.0-or-later
   Each function stands in front of Wireshark's of the same name: it hands its number and its caller to wslens_before_call()
   and then goes on to the real one, with all arguments, also those of printf-like functions, as they were. x86-64 only. */

    .text
    .p2align 4
    .type stub, @function
stub:
    .cfi_startproc
    pushq %rbp
    .cfi_def_cfa_offset 16
    .cfi_offset %rbp, -16
    movq %rsp, %rbp
    .cfi_def_cfa_register %rbp
    subq $192, %rsp
    movq %rax, (%rsp)          /* %al: how many vector registers a variadic call uses */
    movq %rdi, 8(%rsp)
    movq %rsi, 16(%rsp)
    movq %rdx, 24(%rsp)
    movq %rcx, 32(%rsp)
    movq %r8, 40(%rsp)
    movq %r9, 48(%rsp)
    movups %xmm0, 64(%rsp)
    movups %xmm1, 80(%rsp)
    movups %xmm2, 96(%rsp)
    movups %xmm3, 112(%rsp)
    movups %xmm4, 128(%rsp)
    movups %xmm5, 144(%rsp)
    movups %xmm6, 160(%rsp)
    movups %xmm7, 176(%rsp)
    movl %r11d, %edi
    movq 8(%rbp), %rsi
    call wslens_before_call
    movq %rax, %r11
    movq (%rsp), %rax
    movq 8(%rsp), %rdi
    movq 16(%rsp), %rsi
    movq 24(%rsp), %rdx
    movq 32(%rsp), %rcx
    movq 40(%rsp), %r8
    movq 48(%rsp), %r9
    movups 64(%rsp), %xmm0
    movups 80(%rsp), %xmm1
    movups 96(%rsp), %xmm2
    movups 112(%rsp), %xmm3
    movups 128(%rsp), %xmm4
    movups 144(%rsp), %xmm5
    movups 160(%rsp), %xmm6
    movups 176(%rsp), %xmm7
    leave
    .cfi_def_cfa %rsp, 8
    jmp *%r11
    .cfi_endproc
    .size stub, .-stub

    .set number, 0
    .macro stand_in name
    .globl \name
    .type \name, @function
\name:
    .cfi_startproc
    movl $number, %r11d
    jmp stub
    .cfi_endproc
    .size \name, .-\name
    .set number, number + 1
    .endm

#define CAN_THROW(name) stand_in name
#include "throwing_functions.inc"

    .section .note.GNU-stack, "", @progbits
