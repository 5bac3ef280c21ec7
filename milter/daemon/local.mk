dist_man_MANS += %D%/smime-milter.8
